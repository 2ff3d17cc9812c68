"""Plain rows, read by a plan that is made once: the same as SQLAlchemy reads them."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import bindparam, func, select, text
from sqlalchemy.exc import DBAPIError, StatementError

from helix import clock
from helix.extensions import db
from helix.models import Agent, Board, Task, User
from helix.models.vocabulary import TaskStatus
from helix.plans import Plan
from helix.rows import rows
from helix.transaction import transaction

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


def test_a_list_of_unknown_length_has_no_plan(house):
    some = select(Task.id).where(Task.id.in_(bindparam("ids", expanding=True)))

    assert Plan.of(some, db.engine.dialect) is None
    assert Plan.of(select(Task.id), db.engine.dialect) is not None
