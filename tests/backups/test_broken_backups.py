"""Damaged, changed or foreign files are refused, and change nothing."""

import pytest

from helix import backups
from tests.support.backups import answers, members_of, rewritten, with_database, with_manifest


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda content: content[: len(content) // 2], "truncated|cannot be read to its end"),
        (lambda content: bytes(20_000), "no manifest"),
        (lambda content: b"no tar at all" * 100, "damaged, truncated, or not a backup"),
    ],
)
def test_a_damaged_file_changes_nothing(api, ada, task, backup, restore, damage, words):
    before = answers(api, ada, task)
    _, path = backup()
    path.write_bytes(damage(path.read_bytes()))

    with pytest.raises(backups.BackupError, match=words):
        restore(path, force=True)

    assert answers(api, ada, task) == before


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[: len(content) * 2 // 3],
        # Near the beginning, where the tables are: pages further back may hold nothing any more.
        lambda content: content[:8192] + bytes(len(content) // 3) + content[8192 + len(content) // 3 :],
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
