"""In one process, on whichever database the tests run on; tests/faults/test_backup.py does it to a running one."""

import errno
import hashlib
import io
import json
import sqlite3
import tarfile
from contextlib import closing

import pytest

from helix import backups, queue
from helix.backups.archive import MANIFEST
from helix.errors import NotFound
from helix.extensions import db
from helix.models import TaskAttachment
from helix.services import attachments, secrets, stored_files, tasks
from helix.transaction import end_reading
from tests.support import services
from tests.support.cast import acting

KEY = "sk-a-key-that-must-stay-where-it-is"


@pytest.fixture
def settings(house):
    return house.config["HELIX"]


@pytest.fixture
def task(make, ada):
    """With a file, on a board, beside a model with a key."""
    make.model(api_key_encrypted=secrets.sealed(KEY))
    task = make.task("Keep me", by=ada)
    attachments.add(acting(ada), task.id, name="report.txt", stream=io.BytesIO(b"every word of it " * 1000))
    return task


@pytest.fixture
def backup(settings, tmp_path, task):
    def _backup(name="first.helix", **options):
        end_reading()
        return backups.backup(settings, tmp_path / name, **options), tmp_path / name

    return _backup


@pytest.fixture
def restore(house, settings):
    def _restore(path, **options):
        db.session.remove()
        return backups.restore(settings, path, upgrade=lambda: services.migrate(house), **options)

    return _restore


def answers(api, ada, task):
    paths = (
        "/api/tasks/",
        f"/api/tasks/{task.id}",
        f"/api/tasks/{task.id}/attachments/",
        "/api/activity/",
        "/api/models/",
    )
    return [api.as_(ada).get(path).json for path in (*paths, "/api/agents/", "/api/boards/", "/api/auth/me")]


def rewritten(path, change):
    """The same backup with the content of its members changed: `change(name, content)`; None leaves one out."""
    copy = path.with_suffix(".changed")
    with tarfile.open(path) as old, tarfile.open(copy, "w") as new:
        for entry in old:
            content = change(entry.name, old.extractfile(entry).read())
            if content is not None:
                entry.size = len(content)
                new.addfile(entry, io.BytesIO(content))
    return copy


def with_manifest(path, **fields):
    def change(name, content):
        return json.dumps(json.loads(content) | fields).encode() if name == MANIFEST else content

    return rewritten(path, change)


def members_of(path):
    with tarfile.open(path) as tar:
        return json.loads(tar.extractfile(MANIFEST).read())["members"]


def with_database(path, change):
    """The same backup with its database changed, and the checksum that belongs to that."""
    contents = {}

    def changed(name, content):
        if name == "database":
            content = contents["database"] = change(content)
        if name == MANIFEST:
            written = json.loads(content)
            digest = hashlib.sha256(contents["database"]).hexdigest()
            written["members"]["database"] = {"sha256": digest, "size": len(contents["database"])}
            content = json.dumps(written).encode()
        return content

    return rewritten(path, changed)


def test_what_was_kept_comes_back_and_what_came_later_is_gone(house, api, ada, make, task, backup, restore):
    before = answers(api, ada, task)
    made, path = backup()
    later = make.task("After the backup", by=ada).id
    tasks.edit(acting(ada), task.id, {"title": "Changed"})
    services.clear(house)

    found = restore(path)

    assert answers(api, ada, task) == before
    assert api.as_(ada).get(f"/api/tasks/{later}").status_code == 404
    assert found == made
    (file,) = db.session.query(TaskAttachment).all()
    assert stored_files.store().open(file.file_key).read() == b"every word of it " * 1000
    assert api.as_(ada).get("/api/tasks/search?q=keep").json != []


def test_keys_are_in_it_only_when_asked_for(settings, backup):
    made, path = backup()
    with_keys, second = backup("second.helix", with_secrets=True)

    assert not made.has_secrets
    assert with_keys.has_secrets
    for secret in (settings.secret_key, settings.jwt_secret_key, *settings.encryption_keys, KEY):
        assert secret.encode() not in path.read_bytes()
    assert settings.secret_key.encode() in second.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600


def test_an_installation_that_is_in_use_is_not_replaced_by_mistake(api, ada, task, backup, restore):
    before = answers(api, ada, task)
    _, path = backup()

    with pytest.raises(backups.BackupError, match="not empty: it has users"):
        restore(path)
    queue.say_alive("runs", "a-worker")
    with pytest.raises(backups.BackupError, match="Workers of this installation are running"):
        restore(path, force=True)
    queue.say_alive("runs", "a-worker", gone=True)

    assert answers(api, ada, task) == before


def test_force_replaces_what_is_there(api, ada, make, task, backup, restore):
    before = answers(api, ada, task)
    _, path = backup()
    make.task("After the backup", by=ada)

    restore(path, force=True)

    assert answers(api, ada, task) == before


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda content: content[: len(content) // 2], "cut off|cannot be read to its end"),
        (lambda content: bytes(20_000), "no manifest"),
        (lambda content: b"no tar at all" * 100, "damaged, cut off, or no backup"),
    ],
)
def test_a_damaged_file_changes_nothing(api, ada, task, backup, restore, damage, words):
    before = answers(api, ada, task)
    _, path = backup()
    path.write_bytes(damage(path.read_bytes()))

    with pytest.raises(backups.BackupError, match=words):
        restore(path, force=True)

    assert answers(api, ada, task) == before


@pytest.fixture
def other_installation(api, ada, make, task, backup):
    """A backup, and what the installation answers that stands in its place now: other tasks, another file."""
    _, path = backup()
    (attachment,) = attachments.of_task(acting(ada), task.id)
    attachments.delete(acting(ada), attachment.id)
    later = make.task("After the backup", by=ada)
    attachments.add(acting(ada), later.id, name="mine.txt", stream=io.BytesIO(b"mine " * 100))

    def answered():
        store = stored_files.store()
        return answers(api, ada, later), {key: store.open(key).read() for key in store.keys()}  # noqa: SIM118

    return path, answered


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[: len(content) * 2 // 3],
        lambda content: content[: len(content) // 2] + bytes(4000) + content[len(content) // 2 + 4000 :],
        lambda content: b"no database at all" * 1000,
    ],
    ids=["cut off", "a hole in it", "something else"],
)
def test_a_database_that_proves_broken_on_the_way_in_leaves_what_was_there(other_installation, restore, damage):
    path, answered = other_installation
    before = answered()

    with pytest.raises(backups.BackupError):
        restore(with_database(path, damage), force=True)

    assert answered() == before


def test_a_database_with_fewer_rows_than_the_manifest_says_is_not_taken(other_installation, restore):
    path, answered = other_installation
    before = answered()

    with pytest.raises(backups.BackupError, match="tasks has 1 rows in this backup, not 77"):
        restore(with_manifest(path, counts={"users": 1, "tasks": 77}), force=True)

    assert answered() == before


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
def test_a_database_that_somebody_uses_is_not_replaced(house, other_installation, restore, settings):
    path, answered = other_installation
    before = answered()
    end_reading()

    with closing(sqlite3.connect(settings.data_dir / "helix.db")) as somebody:
        somebody.execute("BEGIN")
        somebody.execute("SELECT * FROM users").fetchall()
        with pytest.raises(backups.BackupError, match="open in another process"):
            restore(path, force=True)

    assert answered() == before


def test_an_upgrade_that_fails_says_what_is_there_now(house, settings, api, ada, task, backup):
    before = answers(api, ada, task)
    _, path = backup()

    def upgrade():
        raise RuntimeError("no room for an index")

    db.session.remove()
    with pytest.raises(backups.BackupError, match=r"failed: no room for an index.*python -m helix migrate"):
        backups.restore(settings, path, upgrade=upgrade, force=True)

    assert answers(api, ada, task) == before


def test_a_changed_missing_or_added_member_is_noticed(backup, restore):
    _, path = backup()
    changed = rewritten(path, lambda name, content: content[:-1] + b"!" if name.startswith("files/") else content)
    with pytest.raises(backups.BackupError, match="missing or was changed"):
        restore(changed, force=True)

    missing = rewritten(path, lambda name, content: None if name.startswith("files/") else content)
    with pytest.raises(backups.BackupError, match="missing or was changed"):
        restore(missing, force=True)

    nothing = with_manifest(path, members={})
    with pytest.raises(backups.BackupError, match="holds no database"):
        restore(nothing, force=True)

    members = {name: dict(member) for name, member in members_of(path).items() if name == "database"}
    added = with_manifest(path, members=members)
    with pytest.raises(backups.BackupError, match="does not know"):
        restore(added, force=True)


def test_what_does_not_fit_is_refused_with_what_to_do(backup, restore):
    _, path = backup()

    with pytest.raises(backups.BackupError, match="newer than this code"):
        restore(with_manifest(path, schema="9999"), force=True)
    with pytest.raises(backups.BackupError, match="newer HELIX"):
        restore(with_manifest(path, format=99), force=True)
    with pytest.raises(backups.BackupError, match="Restore it into the same kind"):
        restore(with_manifest(path, database="another"), force=True)
    with pytest.raises(backups.BackupError, match="something else"):
        restore(with_manifest(path, product="another"), force=True)


def test_a_file_that_vanished_is_told_and_stops_nothing(house, task, backup, restore):
    (key,) = stored_files.store().keys()
    stored_files.store().delete(key)
    made, path = backup()
    services.clear(house)

    restore(path)

    assert made.missing_files == [key]
    with pytest.raises(NotFound):
        stored_files.store().open(key)


def test_other_keys_than_those_that_sealed_are_told(settings, backup):
    made, _ = backup()

    warnings = backups.warnings(settings, made)
    others = backups.warnings(settings, backups.Manifest(**{**made.__dict__, "encryption_keys": ["another"]}))

    assert warnings == []
    assert "sealed with other keys" in others[0]
    assert "Put the earlier ENCRYPTION_KEYS back" in others[1]


def test_a_file_that_is_there_is_kept(backup):
    _, path = backup()
    before = path.read_bytes()

    with pytest.raises(backups.BackupError, match="is there already"):
        backup()

    assert path.read_bytes() == before
    assert [one.name for one in path.parent.iterdir()] == [path.name]
