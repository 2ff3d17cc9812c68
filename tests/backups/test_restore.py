"""In one process, on whichever database the tests run on; tests/faults/test_backup.py does it to a running one."""

import errno
import sqlite3
from contextlib import closing

import pytest

from helix import backups, queue
from helix.db.transaction import end_reading
from helix.errors import NotFound
from helix.extensions import db
from helix.models import TaskAttachment
from helix.services import stored_files, tasks
from tests.support import backing_services
from tests.support.backups import answers
from tests.support.people import as_actor


def test_what_was_kept_comes_back_and_what_came_later_is_gone(clean_app, api, ada, make, task, backup, restore):
    before = answers(api, ada, task)
    made, path = backup()
    later = make.task("After the backup", by=ada).id
    tasks.edit(as_actor(ada), task.id, {"title": "Changed"})
    backing_services.clear(clean_app)

    found = restore(path)

    assert answers(api, ada, task) == before
    assert api.as_(ada).get(f"/api/tasks/{later}").status_code == 404
    assert found == made
    (file,) = db.session.query(TaskAttachment).all()
    assert stored_files.store().open(file.file_key).read() == b"every word of it " * 1000
    assert api.as_(ada).get("/api/tasks/search?q=keep").json != []


def test_an_installation_that_is_in_use_is_not_replaced_by_mistake(api, ada, task, backup, restore):
    before = answers(api, ada, task)
    _, path = backup()

    with pytest.raises(backups.BackupError, match="not empty: it has users"):
        restore(path)
    queue.report_alive("runs", "a-worker")
    with pytest.raises(backups.BackupError, match="Workers of this database are running"):
        restore(path, force=True)
    queue.report_alive("runs", "a-worker", gone=True)

    assert answers(api, ada, task) == before


def test_workers_of_another_database_on_the_same_redis_do_not_stop_a_restore(
    clean_app, api, ada, task, backup, restore
):
    before = answers(api, ada, task)
    _, path = backup()
    queue.report_alive("runs", "production:1", database="another")
    backing_services.clear(clean_app)
    queue.report_alive("runs", "production:1", database="another")

    restore(path)

    assert answers(api, ada, task) == before


def test_force_replaces_what_is_there(api, ada, make, task, backup, restore):
    before = answers(api, ada, task)
    _, path = backup()
    make.task("After the backup", by=ada)

    restore(path, force=True)

    assert answers(api, ada, task) == before


def test_a_full_file_store_leaves_what_was_there(other_installation, restore, monkeypatch):
    path, answered = other_installation
    before = answered()
    monkeypatch.setattr("helix.files.local.os.fsync", full)

    with pytest.raises(backups.BackupError, match="nothing was changed: The disk of the server is full"):
        restore(path, force=True)

    monkeypatch.undo()
    assert answered() == before


def full(_descriptor):
    raise OSError(errno.ENOSPC, "No space left on device")


# SQLite's locks; PostgreSQL's are in tests/faults/test_backup.py.
@pytest.mark.any_database
def test_a_database_that_somebody_uses_is_not_replaced(clean_app, other_installation, restore, settings):
    path, answered = other_installation
    before = answered()
    end_reading()

    with closing(sqlite3.connect(settings.data_dir / "helix.db")) as somebody:
        somebody.execute("BEGIN")
        somebody.execute("SELECT * FROM users").fetchall()
        with pytest.raises(backups.BackupError, match="open in another process"):
            restore(path, force=True)

    assert answered() == before


def test_an_upgrade_that_fails_says_what_is_there_now(clean_app, settings, api, ada, task, backup):
    before = answers(api, ada, task)
    _, path = backup()

    def upgrade():
        raise RuntimeError("no room for an index")

    db.session.remove()
    with pytest.raises(backups.BackupError, match=r"failed: no room for an index.*python -m helix migrate"):
        backups.restore(settings, path, upgrade=upgrade, force=True)

    assert answers(api, ada, task) == before


def test_a_file_that_vanished_is_told_and_stops_nothing(clean_app, task, backup, restore):
    (key,) = stored_files.store().keys()
    stored_files.store().delete(key)
    made, path = backup()
    backing_services.clear(clean_app)

    restore(path)

    assert made.missing_files == [key]
    with pytest.raises(NotFound):
        stored_files.store().open(key)
