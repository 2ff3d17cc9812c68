"""Plain rows: as the transaction under way sees them, or by a connection of their own."""

import pytest
from sqlalchemy import bindparam, func, select, text
from sqlalchemy.exc import OperationalError, StatementError

from helix.db.read import planned_each_time, rows
from helix.db.transaction import end_reading, transaction
from helix.extensions import db
from helix.models import Task
from tests.support.statements import statements

TITLED = select(Task.id, Task.title).where(Task.title == bindparam("title"))


@pytest.fixture
def task(make, mia):
    return make.task("Write it", by=mia)


def test_columns_are_had_by_name_and_by_place(task):
    (row,) = rows(TITLED, title="Write it")

    assert (row.id, row.title) == (row[0], row[1]) == (task.id, "Write it")


def test_rows_inside_a_transaction_see_its_changes(task):
    with transaction():
        db.session.get_one(Task, task.id).title = "Write more"
        inside = rows(select(Task.title))

    assert [row.title for row in inside] == ["Write more"]


def test_rows_outside_of_a_transaction_leave_none_open(task):
    end_reading()

    rows(TITLED, title="Write it")

    assert not db.session().in_transaction()


def test_missing_parameter_is_an_error(task):
    with pytest.raises(StatementError, match="title"):
        rows(TITLED)


def test_connection_that_was_closed_is_replaced(task):
    if db.engine.dialect.name == "sqlite":
        pytest.skip("a file has no connection that can be lost")
    end_reading()
    broken = db.engine.raw_connection()
    broken.driver_connection.close()
    broken.close()

    assert [row.id for row in rows(TITLED, title="Write it")] == [task.id]


def test_unreachable_database_is_an_operational_error(task, monkeypatch):
    end_reading()
    db.session.remove()
    away = db.engine.dialect.loaded_dbapi.OperationalError("connection refused")

    def refuse(*_given, **_named):
        raise away

    db.engine.dispose()
    monkeypatch.setattr(db.engine.dialect, "connect", refuse)

    with pytest.raises(OperationalError, match="connection refused"):
        rows(TITLED, title="Write it")


def test_connection_lost_in_a_transaction_is_an_operational_error(task):
    if db.engine.dialect.name == "sqlite":
        pytest.skip("a file has no connection that can be lost")

    def lose_the_connection():
        with transaction():
            pid = rows(select(func.pg_backend_pid()))[0][0]
            with db.engine.connect() as other:
                other.execute(select(func.pg_terminate_backend(pid)))
            rows(TITLED, title="Write it")

    with pytest.raises(OperationalError):
        lose_the_connection()

    assert [row.id for row in rows(TITLED, title="Write it")] == [task.id]


def test_statement_planned_each_time_is_never_prepared(task):
    """PostgreSQL prepares what a connection sends six times, and may then keep a plan that fits no later value."""
    if db.engine.dialect.name != "postgresql":
        pytest.skip("SQLite has no prepared plans")
    usual = select(Task.id, text("'usual'")).where(Task.title == bindparam("title"))
    each_time = planned_each_time(select(Task.id, text("'each time'")).where(Task.title == bindparam("title")))

    with transaction():
        for _ in range(10):
            assert rows(usual, title="Write it")[0].id == rows(each_time, title="Write it")[0].id == task.id
        prepared = db.session.execute(text("SELECT statement FROM pg_prepared_statements")).scalars().all()

    assert any("'usual'" in statement for statement in prepared)
    assert not any("'each time'" in statement for statement in prepared)


def test_limit_of_a_statement_planned_each_time_is_a_bound_value(task):
    with statements() as sent:
        rows(planned_each_time(select(Task.id).limit(7)))

    assert "7" not in sent[0]
