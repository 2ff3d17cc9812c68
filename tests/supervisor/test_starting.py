import json
import socket

from tests.supervisor.installation import SLEEP


def answer(**values):
    return f"print({json.dumps(values)!r})"


def test_a_second_copy_on_the_same_folder_is_refused_and_the_first_goes_on(start):
    first = start().ready()

    second = start(first.folder)

    assert second.process.wait(10) == 1
    assert f"Another HELIX (process {first.process.pid}) already uses the data folder" in second.printed()
    assert first.process.poll() is None


def test_two_copies_on_folders_and_ports_of_their_own_run_side_by_side(start, tmp_path):
    one, two = start(tmp_path / "one"), start(tmp_path / "two")

    one.ready()
    two.ready()
    two.process.terminate()

    assert two.process.wait(10) == 0
    assert len(one.children()) == 2


def test_a_port_in_use_is_said_before_anything_starts(start):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        installation = start(PORT=str(port))

        assert installation.process.wait(10) == 1
    assert f"Port {port} is already in use" in installation.printed()
    assert not (installation.folder / "redis").exists()


def test_steps_end_before_parts_start(start):
    installation = start(steps={"database": "import time; time.sleep(0.3); print('migrated')"}, parts={"worker": SLEEP})

    printed = installation.ready().printed()

    assert printed.index("migrated") < printed.index("The database is ready") < printed.index("Starting web, worker.")


def test_a_step_that_fails_stops_everything_and_says_why(start):
    installation = start(steps={"database": "raise SystemExit('The disk is full.')"})

    assert installation.process.wait(10) == 1
    assert "Cannot run: the database is not usable. The disk is full." in installation.printed()
    assert "Starting web" not in installation.printed()


def test_the_first_password_is_shown_once_and_in_no_log_line(start):
    account = answer(created=True, email="ada@example.org", password="made-up-now", setup_key=None)

    printed = start(steps={"database": account}).ready().printed()

    assert "E-mail     ada@example.org" in printed
    assert printed.count("made-up-now") == 1
    assert '"password"' not in printed


def test_a_later_start_shows_the_address_and_no_password(start):
    account = answer(created=False, email="ada@example.org", password=None, setup_key=None)

    printed = start(steps={"database": account}).ready().printed()

    assert "E-mail     ada@example.org" in printed
    assert "Password" not in printed


def test_an_empty_start_shows_the_setup_key(start):
    account = answer(created=False, email=None, password=None, setup_key="open-sesame")

    printed = start(steps={"database": account}).ready().printed()

    assert "Setup key  open-sesame" in printed
