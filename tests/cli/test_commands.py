"""Every `helix` command as a separate process, against a complete running installation.

A command that has no row here fails the suite: what only ever ran inside the test process may lack what a test
happened to load.
"""

import json
import signal
import subprocess
import sys

import httpx
import pytest

from helix.cli import main
from tests.support import backing_services
from tests.support.commands import ROOT, helix
from tests.support.installation import Installation
from tests.support.waiting import free_port, wait_for

BACKUP, EXPORT = "all.helix", "all.zip"


@pytest.fixture(scope="module")
def installation(tmp_path_factory):
    with Installation(tmp_path_factory.mktemp("commands")) as installation:
        installation.start("web", "worker", "scheduler")
        yield installation


@pytest.fixture
def another(tmp_path):
    """An installation beside it, with nothing in it: another database, another folder."""
    with backing_services.servers(tmp_path) as found:
        yield found.environment


def shown(environment):
    """What a command says of the place it works on."""
    return f"data folder: {environment['DATA_DIR']}"


def answers(environment, *command):
    """Start a process that runs until it is stopped; it serves pages, and ends well when told to."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "helix", *command],
        cwd=ROOT,
        env={**environment, "PORT": str(port)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        health = f"http://127.0.0.1:{port}/api/health"
        wait_for(lambda: httpx.get(health).status_code == 200, 120, what=" ".join(command))
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


def run(installation, another, folder):
    # With a Redis of its own, on a folder that no other one uses.
    place = {"DATA_DIR": str(folder / "run"), "DATABASE_URL": another.get("DATABASE_URL", ""), "REDIS_URL": ""}
    answers({**installation.environment, **place}, "run")


def web(installation, _another, _folder):
    answers(installation.environment, "web")


def worker(installation, _another, _folder):
    # The installation's own, which Installation has started by this command and waited for.
    assert installation.health()["workers"] > 0
    assert installation.processes["worker"].poll() is None


def scheduler(installation, _another, _folder):
    def works():
        found = helix(installation.environment, "doctor", "--json").stdout
        return any(json.loads(line)["what"].startswith("Scheduler: ") for line in found.splitlines())

    wait_for(works, 60, what="the scheduler")


def alive(installation, _another, _folder):
    done = helix(installation.environment, "alive")

    assert (done.returncode, done.stdout.endswith(" workers of this host are alive.\n")) == (0, True), done.stderr


def doctor(installation, _another, _folder):
    done = helix(installation.environment, "doctor")

    assert shown(installation.environment) in done.stderr
    # What this machine has installed or has room for is not what this is about.
    assert {"The database has the shape that this code expects", "Redis "} <= {
        line[7:] if "shape" in line else line[7:13] for line in done.stdout.splitlines()
    }
    assert "Encrypted values: 0, all with the first of ENCRYPTION_KEYS" in done.stdout


def migrate(_installation, another, _folder):
    done = helix(another, "migrate")

    assert (done.returncode, shown(another) in done.stderr) == (0, True), done.stderr
    assert "The database has the shape" in helix(another, "doctor").stdout


def seed(_installation, another, _folder):
    before = helix(another, "seed")
    done = helix({**another, "ADMIN_EMAIL": "bea@example.org"}, "seed", "--migrate")
    again = helix({**another, "ADMIN_EMAIL": "bea@example.org"}, "seed", "--json")

    assert (before.returncode, "behind this code" in before.stderr) == (1, True)
    assert (done.returncode, shown(another) in done.stderr) == (0, True), done.stderr
    assert "created: True\nemail: bea@example.org\npassword: " in done.stdout
    assert json.loads(again.stdout)["created"] is False


def create_admin(installation, _another, _folder):
    # The demo organization has an agent of this name.
    done = helix(
        installation.environment, "create-admin", "juno@example.org", "--password-stdin", given="a long password\n"
    )

    assert (done.returncode, done.stdout) == (0, "juno@example.org is a new admin, called juno 2.\n"), done.stderr
    assert shown(installation.environment) in done.stderr


def backup(installation, another, folder):
    done = helix(installation.environment, "backup", str(folder / BACKUP))
    unmigrated = helix(another, "backup", str(folder / "none.helix"))
    helix(another, "migrate")
    empty = helix(another, "backup", str(folder / "empty.helix"))
    wanted = helix(another, "backup", str(folder / "empty.helix"), "--allow-empty")

    assert (done.returncode, shown(installation.environment) in done.stderr) == (0, True), done.stderr
    assert (folder / BACKUP).stat().st_size > 100_000
    assert (unmigrated.returncode, "This database has no HELIX installation" in unmigrated.stderr) == (1, True)
    assert (empty.returncode, "There is nothing to back up in this database" in empty.stderr) == (1, True)
    assert (wanted.returncode, (folder / "none.helix").exists()) == (0, False), wanted.stderr


def restore(installation, another, folder):
    helix(installation.environment, "backup", str(folder / BACKUP))

    done = helix(another, "restore", str(folder / BACKUP))
    again = helix(another, "restore", str(folder / BACKUP))

    assert (done.returncode, shown(another) in done.stderr) == (0, True), done.stderr
    assert (again.returncode, "not empty" in again.stderr) == (1, True)


def export(installation, another, folder):
    done = helix(installation.environment, "export", str(folder / EXPORT))
    helix(another, "migrate")
    empty = helix(another, "export", str(folder / "empty.zip"))

    assert (done.returncode, shown(installation.environment) in done.stderr) == (0, True), done.stderr
    assert (empty.returncode, "There is nothing to export in this database" in empty.stderr) == (1, True)
    assert not (folder / "empty.zip").exists()


def import_(installation, another, folder):
    helix(installation.environment, "export", str(folder / EXPORT))

    done = helix(another, "import", str(folder / EXPORT))
    kept = helix(another, "export", str(folder / "again.zip"))

    assert (done.returncode, shown(another) in done.stderr) == (0, True), done.stderr
    assert kept.returncode == 0, kept.stderr


def import_agents(_installation, another, folder):
    (folder / "reviewer.md").write_text("---\nname: reviewer\n---\nYou review.\n")
    before = helix(another, "import-agents", str(folder / "reviewer.md"))
    helix(another, "migrate")
    done = helix(another, "import-agents", str(folder / "reviewer.md"))

    assert (before.returncode, "behind this code" in before.stderr) == (1, True)
    assert (done.returncode, shown(another) in done.stderr) == (0, True), done.stderr
    assert done.stdout.endswith("1 of 1 agents were imported, 0 skipped, 0 refused.\n")


def remove_sample(_installation, another, _folder):
    environment = {**another, "ADMIN_EMAIL": "bea@example.org"}
    helix(environment, "seed", "--migrate")
    refused = helix(another, "remove-sample", given="n\n")
    done = helix(another, "remove-sample", "--yes")
    again = helix(another, "remove-sample", "--yes")

    assert (refused.returncode, "18 boards" in refused.stdout) == (1, True)
    assert (done.returncode, shown(another) in done.stderr) == (0, True), done.stderr
    assert "Removing the sample data.\nRemoved " in done.stdout
    assert "20 agents" in done.stdout
    assert (again.returncode, again.stdout) == (0, "There is no sample data.\n")


def rotate_keys(installation, _another, _folder):
    done = helix(installation.environment, "rotate-keys")

    assert (done.returncode, shown(installation.environment) in done.stderr) == (0, True), done.stderr
    assert done.stdout.count("re-encrypted") == 7


ROWS = {
    "run": run,
    "web": web,
    "worker": worker,
    "scheduler": scheduler,
    "alive": alive,
    "doctor": doctor,
    "migrate": migrate,
    "seed": seed,
    "create-admin": create_admin,
    "backup": backup,
    "restore": restore,
    "export": export,
    "import": import_,
    "import-agents": import_agents,
    "remove-sample": remove_sample,
    "rotate-keys": rotate_keys,
}


def test_every_command_has_a_row():
    assert ROWS.keys() == main.commands.keys()


# On PostgreSQL, tests/shared_services starts the processes, and tests/services and tests/api do what the others do.
ANY_DATABASE = ("run", "web", "worker", "scheduler", "alive", "create-admin", "import-agents")


@pytest.mark.parametrize(
    "command", [pytest.param(name, marks=pytest.mark.any_database if name in ANY_DATABASE else ()) for name in ROWS]
)
def test_the_command_does_its_work_as_a_process(installation, another, tmp_path, command):
    ROWS[command](installation, another, tmp_path)


@pytest.mark.any_database
def test_the_service_s_environment_file_is_read_and_what_is_set_in_front_counts_first(installation, tmp_path):
    file = tmp_path / "helix.env"
    place = {
        name: installation.environment[name]
        for name in ("DATA_DIR", "DATABASE_URL")
        if name in installation.environment
    }
    file.write_text("".join(f"{name}={value}\n" for name, value in place.items()))
    bare = {"PATH": installation.environment["PATH"]}

    by_option = helix(bare, "--env-file", str(file), "backup", str(tmp_path / "a.helix"))
    by_variable = helix({**bare, "HELIX_ENV_FILE": str(file)}, "backup", str(tmp_path / "b.helix"))
    in_front = helix(
        {**bare, "DATA_DIR": str(tmp_path), "DATABASE_URL": f"sqlite:///{tmp_path}/none.db"},
        *("--env-file", str(file), "backup", str(tmp_path / "c.helix")),
    )

    assert (by_option.returncode, by_variable.returncode) == (0, 0), by_option.stderr + by_variable.stderr
    assert (in_front.returncode, f"sqlite:///{tmp_path}/none.db" in in_front.stderr) == (1, True)


def test_no_password_is_shown_of_the_database(tmp_path):
    url = "postgresql://helix:hunter2@127.0.0.1:9/helix?sslmode=require&password=hunter2"

    done = helix({"DATA_DIR": str(tmp_path), "DATABASE_URL": url}, "backup", str(tmp_path / "x.helix"))

    assert done.returncode == 1
    assert "Database: postgresql://helix@127.0.0.1:9/helix; data folder: " in done.stderr
    assert "hunter2" not in done.stderr
    assert "Traceback" not in done.stderr


def test_without_redis_the_health_check_of_a_container_says_so(tmp_path):
    done = helix({"DATA_DIR": str(tmp_path), "REDIS_URL": "redis://:hunter2@127.0.0.1:9/0"}, "alive")

    assert (done.returncode, done.stderr.startswith("Error: Redis cannot be reached")) == (1, True), done.stderr
    assert "hunter2" not in done.stderr
