"""Plain rows, read and written by a plan that is made once: the same as SQLAlchemy does it."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import bindparam, delete, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError, StatementError

from helix import clock
from helix.db.read import rows, table, write
from helix.db.transaction import end_reading, transaction
from helix.extensions import db
from helix.models import Agent, Board, Notification, Task, User
from helix.models.vocabulary import TaskStatus
from helix.plans import Plan, planned_anew

THREE_TIMES = range(3)
TASKS = select(Task.__table__, Agent.name.label("agent_name"), Agent.monthly_budget_usd).outerjoin(
    Agent, Agent.id == Task.assigned_agent_id
)
DUE = TASKS.where(Task.due_at > bindparam("after"), Task.status == bindparam("status", type_=Task.status.type))


@pytest.fixture
def task(make, mia):
    agent = make.agent(name="Sierra", monthly_budget_usd=Decimal("12.5"))
    return make.task("Write it", by=mia, agent=agent, tags=["blog", "café"], due_at=clock.now() + timedelta(days=1))


@pytest.mark.parametrize(
    ("statement", "values"),
    [
        (TASKS, {}),
        (DUE, {"after": clock.now(), "status": TaskStatus.TODO}),
        (select(func.count(Task.id)).where(Task.title == "Write it"), {}),
        (select(func.avg(Task.version)), {}),
        (select(Task.id).where(Task.status.in_([TaskStatus.TODO, TaskStatus.DONE])), {}),
        (select(Task.id).where(Task.id.in_(bindparam("ids", expanding=True))), {"ids": [1, 2, 3]}),
        (select(Task.id).union_all(select(Board.id)), {}),
    ],
)
def test_rows_are_the_same_however_often_they_are_asked_for(task, statement, values):
    with db.engine.connect() as connection:
        usual = connection.execute(statement, values).all()

    found = [rows(statement, **values) for _ in THREE_TIMES]

    for answer in found:
        assert [tuple(row) for row in answer] == [tuple(row) for row in usual]
        assert [[type(cell) for cell in row] for row in answer] == [[type(cell) for cell in row] for row in usual]


def test_columns_have_their_names(task):
    for _ in THREE_TIMES:
        (row,) = rows(TASKS)
        assert (row.title, row.agent_name, row.monthly_budget_usd) == ("Write it", "Sierra", Decimal("12.5"))


def test_inside_a_transaction_its_own_changes_are_seen(task):
    titles = select(Task.title)
    for _ in THREE_TIMES:
        rows(titles)

    with transaction():
        db.session.get(Task, task.id).title = "Write more"
        inside = rows(titles)

    assert [row.title for row in inside] == ["Write more"]


def test_a_parameter_that_is_missing_is_an_error_and_not_another_answer(task):
    for _ in THREE_TIMES:
        with pytest.raises((KeyError, StatementError), match="after"):
            rows(DUE, status=TaskStatus.TODO)


def test_what_the_database_refuses_is_said_as_always_and_the_next_question_is_answered(task):
    wrong = select(User.id).where(text("no_such_column = 1"))
    for _ in THREE_TIMES:
        with pytest.raises(DBAPIError, match="no_such_column"):
            rows(wrong)

    assert rows(select(User.id))


def test_a_connection_that_broke_is_replaced(task):
    ids = select(Task.id)
    for _ in THREE_TIMES:
        rows(ids)
    broken = db.engine.raw_connection()
    broken.driver_connection.close()
    broken.close()

    assert [row.id for row in rows(ids)] == [task.id]


def test_a_database_that_is_away_is_said_as_always(task, monkeypatch):
    statement = select(Task.id)
    for _ in THREE_TIMES:
        rows(statement)
    end_reading()
    db.session.remove()
    away = db.engine.dialect.loaded_dbapi.OperationalError("nobody listens there")

    def refuse(*_given, **_named):
        raise away

    db.engine.dispose()
    monkeypatch.setattr(db.engine.dialect, "connect", refuse)
    with pytest.raises(OperationalError, match="nobody listens there"):
        rows(statement)


def test_a_connection_that_breaks_within_a_transaction_is_said_as_always(task):
    statement = select(Task.id)

    def break_in_the_middle():
        with transaction():
            for _ in THREE_TIMES:
                rows(statement)
            db.session.connection().connection.driver_connection.close()
            rows(statement)

    with pytest.raises(DBAPIError):
        break_in_the_middle()

    assert [row.id for row in rows(statement)] == [task.id]


def test_a_list_of_unknown_length_has_no_plan(clean_app):
    some = select(Task.id).where(Task.id.in_(bindparam("ids", expanding=True)))

    assert Plan.of(some, db.engine.dialect) is None
    assert Plan.of(select(Task.id), db.engine.dialect) is not None


NEWS = table(Notification)
SAID = ("user_id", "event_key", "type", "title", "target_type", "created_at")
NEW = (
    insert(NEWS)
    .values({name: bindparam(f"its_{name}", type_=NEWS.c[name].type) for name in SAID})
    .values(message="", url="", admin_only=False, read=False, telegram_sent=False)
    .returning(NEWS.c.id, NEWS.c.read, NEWS.c.created_at)
)
READ = update(NEWS).where(NEWS.c.id == bindparam("one")).values(read=True)
GONE = delete(NEWS).where(NEWS.c.user_id == bindparam("whose")).returning(NEWS.c.title)


def told(user, number, at=None):
    said = (user.id, f"event:{number}", "mention", f"News {number}", "task", at or clock.now())
    return {f"its_{name}": value for name, value in zip(SAID, said, strict=True)}


def test_what_is_written_is_the_same_however_often(mia):
    at = clock.now()
    with transaction():
        new = [write(NEW, **told(mia, number, at))[0] for number in THREE_TIMES]
        read = [write(READ, one=row.id) for row in new[1:]]

    assert [(row.read, row.created_at) for row in new] == [(False, at)] * 3
    assert read == [[], []]
    found = rows(select(NEWS).order_by(NEWS.c.id))
    assert [(row.title, row.message, row.read) for row in found] == [
        ("News 0", "", False),
        ("News 1", "", True),
        ("News 2", "", True),
    ]
    with transaction():
        assert [row.title for row in write(GONE, whose=mia.id)] == ["News 0", "News 1", "News 2"]


def test_nothing_is_written_outside_of_a_transaction(mia):
    with pytest.raises(RuntimeError, match="outside"):
        write(NEW, **told(mia, 1))


def test_what_is_written_goes_with_its_transaction(mia):
    def tell_and_break():
        with transaction():
            for number in THREE_TIMES:
                write(NEW, **told(mia, number))
            raise LookupError

    with pytest.raises(LookupError):
        tell_and_break()

    assert rows(select(NEWS.c.id)) == []


def test_a_refused_write_is_an_error_of_sqlalchemy_and_undoes_its_transaction(mia):
    with transaction():
        for number in THREE_TIMES:
            write(NEW, **told(mia, number))

    def tell_once_more():
        with transaction():
            write(NEW, **told(mia, 4))
            write(NEW, **told(mia, 0))

    with pytest.raises(IntegrityError):
        tell_once_more()

    assert len(rows(select(NEWS.c.id))) == 3


def test_a_connection_that_breaks_under_a_write_is_an_operational_error_and_is_replaced(mia):
    if db.engine.dialect.name == "sqlite":
        pytest.skip("a file has no connection that breaks")
    with transaction():
        for number in THREE_TIMES:
            write(NEW, **told(mia, number))

    def lose_the_connection():
        with transaction():
            pid = rows(select(func.pg_backend_pid()))[0][0]
            with db.engine.connect() as other:
                other.execute(select(func.pg_terminate_backend(pid)))
            write(NEW, **told(mia, 4))

    with pytest.raises(OperationalError):
        lose_the_connection()
    with transaction():
        write(NEW, **told(mia, 5))

    assert len(rows(select(NEWS.c.id))) == 4


def test_what_is_planned_anew_is_never_kept_by_the_database(task):
    # PostgreSQL keeps what a connection asks six times, and may then go on by a plan that fits no one's words.
    if db.engine.dialect.name != "postgresql":
        pytest.skip("SQLite has no such plans")
    kept = select(Task.id, text("'kept'")).where(Task.title == bindparam("title"))
    anew = planned_anew(select(Task.id, text("'anew'")).where(Task.title == bindparam("title")))

    with transaction():
        for _ in range(10):
            assert rows(kept, title="Write it")[0].id == rows(anew, title="Write it")[0].id == task.id
        prepared = db.session.execute(text("SELECT statement FROM pg_prepared_statements")).scalars().all()

    assert any("'kept'" in statement for statement in prepared)
    assert not any("'anew'" in statement for statement in prepared)
