"""Row locks: two transactions that change one row go one after the other, on both databases."""

import threading

import pytest
from sqlalchemy import select, update

from helix.db.locking import KEY_SHARE, NO_KEY_UPDATE, lock, lock_all, lock_one
from helix.db.transaction import transaction
from helix.db.write import table
from helix.extensions import db
from helix.models import Agent, Board, Task
from tests.support.statements import statements


@pytest.fixture
def task(make, mia):
    return make.task("Write it", by=mia, agent=make.agent(), tags=["blog"])


def test_locked_row_is_an_object_whose_changes_are_written(task):
    db.session.remove()

    with transaction():
        lock(Task, task.id).title = "Write more"

    assert db.session.scalar(select(Task.title).where(Task.id == task.id)) == "Write more"


def test_lock_reads_a_known_object_again(task):
    with transaction():
        known = db.session.get_one(Task, task.id)
        db.session.execute(update(table(Task)).where(table(Task).c.id == task.id).values(title="Write more"))
        found = lock(Task, task.id)

    assert found is known
    assert known.title == "Write more"


def test_missing_row_is_none_or_an_error(clean_app):
    with transaction():
        assert lock(Task, 12345) is None
        with pytest.raises(Exception, match="No row was found"):
            lock_one(Task, 12345)


def test_lock_all_gives_the_rows_that_exist_in_order_of_id(task, make, mia):
    other = make.task("Read it", by=mia)

    with transaction():
        found = lock_all(Task, [other.id, 12345, task.id])

    assert [one.id for one in found] == [task.id, other.id]


@pytest.mark.parametrize(
    ("strength", "clause"), [({}, "FOR UPDATE"), (NO_KEY_UPDATE, "FOR NO KEY UPDATE"), (KEY_SHARE, "FOR KEY SHARE")]
)
def test_strength_of_the_lock(task, strength, clause):
    if db.engine.dialect.name != "postgresql":
        pytest.skip("SQLite has no row locks")
    with transaction(), statements() as sent:
        lock(Agent, task.assigned_agent_id, **strength)

    assert f"{clause} OF agents" in sent[-1]


def test_two_transactions_that_change_one_row_lose_no_change(app, task):
    first_has_it, seen = threading.Event(), []

    def change(letter, *, hold=0.0):
        with app.app_context(), transaction():
            found = lock_one(Task, task.id)
            first_has_it.set()
            seen.append(found.title)
            threading.Event().wait(hold)
            found.title += letter

    first = threading.Thread(target=change, args=("1",), kwargs={"hold": 0.3})
    first.start()
    assert first_has_it.wait(10)
    change("2")
    first.join(10)

    assert seen == ["Write it", "Write it1"]
    db.session.expire_all()
    assert db.session.scalar(select(Task.title).where(Task.id == task.id)) == "Write it12"


def test_key_share_lets_others_lock_the_same_row_so(app, make):
    board_id = make.board().id
    if db.engine.dialect.name != "postgresql":
        pytest.skip("on SQLite transactions that write are never at once")
    both_have_it = threading.Barrier(2, timeout=10)

    def keep():
        with app.app_context(), transaction():
            lock_one(Board, board_id, **KEY_SHARE)
            both_have_it.wait()

    other = threading.Thread(target=keep)
    other.start()
    keep()
    other.join(10)

    assert not both_have_it.broken
