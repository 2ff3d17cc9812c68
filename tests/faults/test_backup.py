"""A backup made during writes, restored into an empty installation, which then answers like the original."""

import threading

import pytest
import sqlalchemy as sa

from tests.support.installation import Installation
from tests.support.postgres import programs
from tests.support.waiting import wait_for

pytestmark = pytest.mark.faults
ATTACHED = b"what was measured\n" * 5000


class Writer(threading.Thread):
    """Makes tasks with a comment each, one after the other, until told to stop."""

    def __init__(self, client, board):
        super().__init__(daemon=True)
        self.client, self.board = client, board
        self.made = []
        self.over = threading.Event()

    def run(self):
        while not self.over.is_set():
            body = {"title": f"Under way {len(self.made)}", "board_id": self.board}
            task = self.client.post("/tasks/", json=body).json()["id"]
            self.client.post(f"/tasks/{task}/comments/", json={"content": f"About {task}"})
            self.made.append(task)


def answers(client, tasks, file):
    lists = ("agents", "skills", "departments", "models", "users")
    paths = [f"/{name}/" for name in lists]
    paths += [f"/tasks/{task}{more}" for task in tasks for more in ("", "/comments/", "/runs", "/attachments/")]
    found = {path: client.get(path).json() for path in paths} | {"file": client.get(file).content}
    # Boards count their tasks, of which more are made meanwhile.
    return found | {"boards": [(board["id"], board["name"]) for board in client.get("/boards/").json()]}


# The fixture makes this test run on PostgreSQL too.
@pytest.mark.usefixtures("servers")
def test_a_backup_with_writes_under_way_comes_back_whole(tmp_path):
    kept = tmp_path / "kept.helix"
    (tmp_path / "old").mkdir(mode=0o700)
    with Installation(tmp_path / "old") as old:
        old.start("web")
        with old.client() as client:
            board = client.get("/boards/").json()[3]["id"]
            tasks = [task["id"] for task in client.get("/tasks/").json()[:8]]
            attached = client.post(f"/tasks/{tasks[0]}/attachments/", files={"file": ("a.txt", ATTACHED)}).json()
            file = f"/task-attachments/{attached['id']}/download"
            assert client.get(file).content == ATTACHED
            before = answers(client, tasks, file)
            writer = Writer(client, board)
            writer.start()
            wait_for(lambda: len(writer.made) > 5)
            made_before = len(writer.made)
            old.run("backup", str(kept))
            made_after = len(writer.made) + 1
            writer.over.set()
            writer.join(30)
        secrets = (tmp_path / "old" / "secrets.json").read_bytes()

    (tmp_path / "new").mkdir(mode=0o700)
    (tmp_path / "new" / "secrets.json").write_bytes(secrets)
    with Installation(tmp_path / "new", first=("restore", str(kept))) as new:
        new.start("web")
        with new.client() as client:
            after = answers(client, tasks, file)
            found = [task["id"] for task in client.get(f"/tasks/?board_id={board}").json()]
            there = [task for task in writer.made if task in found]
            comments = [client.get(f"/tasks/{task}/comments/").json() for task in there]

    assert after == before
    assert made_before <= len(there) <= made_after
    assert there == writer.made[: len(there)], "one moment: what came later is not there without what came before"
    assert all(len(one) == 1 for one in comments[:-1])
    assert made_after > made_before, "nothing was written while the backup was made"


@pytest.mark.skipif(programs() is None, reason="no PostgreSQL server is installed")
def test_a_restore_that_is_killed_under_way_leaves_what_was_there(tmp_path, postgres, monkeypatch):
    monkeypatch.setenv("TEST_DATABASE_URL", postgres.url)
    kept = tmp_path / "kept.helix"
    with Installation(tmp_path) as installation:
        installation.run("backup", str(kept))
        installation.start("web")
        with installation.client() as client:
            later = client.post("/tasks/", json={"title": "After the backup", "board_id": 1}).json()["id"]
            tasks = [task["id"] for task in client.get("/tasks/").json()]
            before = [client.get(f"/tasks/{task}").json() for task in tasks]
            database = sa.create_engine(installation.environment["DATABASE_URL"], poolclass=sa.NullPool)

            with database.connect() as somebody:
                somebody.execute(sa.text("SELECT id FROM users")).all()
                restoring = installation.begin("restore", "--force", str(kept))
                waiting = "AND wait_event_type = 'Lock'"
                wait_for(lambda: sessions_of_psql(database, waiting), 60, "the restore to empty the database")
                restoring.kill()
                restoring.wait()
            wait_for(lambda: sessions_of_psql(database) == 0, 60, "PostgreSQL to take it back")

            assert later in tasks
            assert [client.get(f"/tasks/{task}").json() for task in tasks] == before


def sessions_of_psql(database, those=""):
    """Asked by a connection of its own: a transaction sees the sessions of its beginning."""
    with database.connect() as connection:
        return connection.scalar(
            sa.text(f"SELECT count(*) FROM pg_stat_activity WHERE application_name = 'psql' {those}")
        )
