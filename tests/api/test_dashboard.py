"""GET /api/dashboard/stats: limited to what the actor may see, with days in the organization's time zone."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine

from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import Agent, BudgetMonth, Organization, Task
from helix.models.vocabulary import BoardLevel, TaskStatus
from helix.services import tasks
from tests.support.people import as_actor

# A Wednesday; in Kuala Lumpur, eight hours ahead, it is already the 19th from 16:00 UTC on.
NOW = datetime(2026, 11, 18, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _a_wednesday():
    with time_machine.travel(NOW, tick=False):
        yield


def stats(client):
    reply = client.get("/api/dashboard/stats")
    assert reply.status_code == 200, reply.json
    return reply.json


def put(task, **fields):
    with transaction():
        row = db.session.get_one(Task, task.id)
        for name, value in fields.items():
            setattr(row, name, value)


def test_an_empty_house_counts_nothing(api, mia):
    found = stats(api.as_(mia))

    assert found["agents"] == {"total": 0, "online": 0, "busy": 0, "offline": 0, "error": 0}
    assert found["tasks"] == {"total": 0, "by_status": dict.fromkeys(TaskStatus, 0), "overdue": 0}
    assert {**found["completion"], "daily": len(found["completion"]["daily"])} == {
        "today": 0,
        "this_week": 0,
        "this_month": 0,
        "rate": 0,
        "average_minutes": None,
        "daily": 14,
    }
    assert found["costs"] == {"this_month": 0, "last_month": 0, "by_agent": []}
    assert found["departments"] == []


def test_agents_and_tasks_are_counted_by_status(api, mia, make):
    make.model()
    make.agent()
    make.agent(enabled=False)
    make.agent(last_run_failed=True)
    board = make.board()
    make.task(board=board)
    make.task(board=board, status=TaskStatus.REVIEW)
    tasks.delete(as_actor(mia), make.task(board=board, by=mia).id)
    tasks.edit(as_actor(mia), make.task(board=board, by=mia).id, {"archived": True})

    found = stats(api.as_(mia))

    assert found["agents"] == {"total": 3, "online": 1, "busy": 0, "offline": 1, "error": 1}
    assert found["tasks"]["total"] == 2
    assert {name: number for name, number in found["tasks"]["by_status"].items() if number} == {"todo": 1, "review": 1}


def test_overdue_is_what_is_past_and_still_open(api, mia, make):
    board, past = make.board(), NOW - timedelta(days=1)
    make.task(board=board, due_at=past)
    make.task(board=board, due_at=NOW + timedelta(days=1))
    make.task(board=board)
    for status in (TaskStatus.DONE, TaskStatus.APPROVED, TaskStatus.CANCELLED):
        make.task(board=board, due_at=past, status=status)

    assert stats(api.as_(mia))["tasks"]["overdue"] == 1


def test_days_are_cut_in_the_organizations_zone(api, mia, make):
    with transaction():
        db.session.get_one(Organization, 1).timezone = "Asia/Kuala_Lumpur"
    board = make.board()
    for hours_ago in (1, 19, 21, 24 * 3, 24 * 10):  # 11:00 today, 17:00 and 15:00 UTC yesterday, Sunday, the 8th
        task = make.task(board=board, status=TaskStatus.DONE)
        put(task, completed_at=NOW - timedelta(hours=hours_ago), created_at=NOW - timedelta(hours=hours_ago + 2))
    make.task(board=board, status=TaskStatus.CANCELLED)
    make.task(board=board)

    found = stats(api.as_(mia))["completion"]

    assert (found["today"], found["this_week"], found["this_month"]) == (2, 3, 5)
    assert found["average_minutes"] == 120
    assert found["rate"] == pytest.approx(5 / 6, abs=1e-3)
    assert [day["date"] for day in found["daily"]] == [f"2026-11-{day:02}" for day in range(5, 19)]
    assert [(day["date"][-2:], day["completed"]) for day in found["daily"] if day["completed"]] == [
        ("08", 1),
        ("15", 1),
        ("17", 1),
        ("18", 2),
    ]
    # The two made today, and the one made at 17:00 UTC yesterday less two hours: still yesterday there.
    assert {day["date"][-2:]: day["created"] for day in found["daily"] if day["created"]} == {
        "08": 1,
        "15": 1,
        "17": 2,
        "18": 3,
    }


def test_costs_are_this_months_and_the_last_ones_by_agent(api, mia, make):
    cheap, dear = make.agent(name="Cheap").id, make.agent(name="Dear").id
    with transaction():
        for scope, month, usd in (
            ("organization", "2026-11", "3.5"),
            ("organization", "2026-10", "1.25"),
            ("organization", "2026-09", "99"),
            (f"agent:{cheap}", "2026-11", "0.5"),
            (f"agent:{dear}", "2026-11", "3"),
            (f"agent:{dear}", "2026-10", "1.25"),
        ):
            db.session.add(BudgetMonth(scope=scope, month=month, spent_usd=Decimal(usd)))

    assert stats(api.as_(mia))["costs"] == {
        "this_month": 3.5,
        "last_month": 1.25,
        "by_agent": [
            {"agent_id": dear, "name": "Dear", "cost_usd": 3.0},
            {"agent_id": cheap, "name": "Cheap", "cost_usd": 0.5},
        ],
    }


def test_departments_count_their_agents_and_tasks(api, mia, make):
    department = make.department("Marketing")
    board, agent = make.board(department=department), make.agent().id
    department_id = department.id
    make.task(board=board)
    make.task(board=board, status=TaskStatus.DONE)
    with transaction():
        db.session.get_one(Agent, agent).department_id = department_id

    assert stats(api.as_(mia))["departments"] == [
        {
            "id": department_id,
            "name": "Marketing",
            "emoji": "📣",
            "agent_count": 1,
            "tasks": {"total": 2, "open": 1, "done": 1},
        }
    ]


def test_a_closed_board_counts_nowhere(api, mia, make):
    board = make.board()
    make.grant(mia, board, BoardLevel.NONE)
    make.task(board=board, due_at=NOW - timedelta(days=1))
    make.task(board=board, status=TaskStatus.DONE)

    found = stats(api.as_(mia))

    assert found["tasks"]["total"] == found["tasks"]["overdue"] == 0
    assert found["completion"]["this_month"] == 0
    assert sum(day["created"] for day in found["completion"]["daily"]) == 0
    assert found["departments"][0]["tasks"] == {"total": 0, "open": 0, "done": 0}


def test_nobody_sees_it(api):
    assert api.get("/api/dashboard/stats").status_code == 401
