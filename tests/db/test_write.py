"""Rows written by SQLAlchemy Core belong to the transaction under way."""

import pytest
from sqlalchemy import delete, insert, update
from sqlalchemy.exc import IntegrityError

from helix import clock
from helix.db.read import rows
from helix.db.transaction import transaction
from helix.db.write import table, write
from helix.extensions import db
from helix.models import Department, Notification, User

NOTIFICATIONS = table(Notification)
INSERT = insert(NOTIFICATIONS).returning(NOTIFICATIONS.c.id, NOTIFICATIONS.c.title)


def values(user, number):
    return {
        "user_id": user.id,
        "event_key": f"event:{number}",
        "type": "mention",
        "title": f"Number {number}",
        "message": "",
        "target_type": "task",
        "url": "",
        "admin_only": False,
        "read": False,
        "telegram_sent": False,
        "created_at": clock.now(),
    }


def titles():
    return [row.title for row in rows(NOTIFICATIONS.select().order_by(NOTIFICATIONS.c.id))]


def test_write_returns_the_rows_of_returning_and_none_without_it(mia):
    with transaction():
        returned = write(INSERT, values(mia, 1))
        without_returning = write(update(NOTIFICATIONS).values(read=True))

    assert [row.title for row in returned] == ["Number 1"]
    assert without_returning == []


def test_write_takes_a_list_of_rows(mia):
    with transaction():
        write(insert(NOTIFICATIONS), [values(mia, number) for number in range(3)])

    assert titles() == ["Number 0", "Number 1", "Number 2"]


def test_write_outside_of_a_transaction_is_refused(mia):
    with pytest.raises(RuntimeError, match="outside"):
        write(INSERT, values(mia, 1))

    assert titles() == []


def test_write_is_rolled_back_with_its_transaction(mia):
    def write_and_fail():
        with transaction():
            write(INSERT, values(mia, 1))
            raise LookupError

    with pytest.raises(LookupError):
        write_and_fail()

    assert titles() == []


def test_write_that_the_database_refuses_undoes_its_transaction(mia):
    with transaction():
        write(INSERT, values(mia, 1))

    def write_twice():
        with transaction():
            write(INSERT, values(mia, 2))
            write(INSERT, values(mia, 1))

    with pytest.raises(IntegrityError):
        write_twice()

    assert titles() == ["Number 1"]


def test_write_flushes_what_it_may_depend_on(clean_app):
    departments = table(Department)
    with transaction():
        db.session.add(Department(name="Sales", name_key="sales", emoji="📣", sort_order=1))
        deleted = write(delete(departments).where(departments.c.name_key == "sales").returning(departments.c.name))

    assert [row.name for row in deleted] == ["Sales"]


def test_write_without_flush_leaves_the_changes_of_the_session_for_later(mia):
    with transaction():
        db.session.get_one(User, mia.id).name = "Maria"
        write(INSERT, values(mia, 1), flush=False)

        assert db.session.dirty

    assert rows(table(User).select().where(table(User).c.id == mia.id))[0].name == "Maria"
