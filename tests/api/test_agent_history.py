"""Statistics and tasks of an agent."""

from datetime import timedelta
from decimal import Decimal

import pytest

from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import Task
from helix.models.vocabulary import BoardLevel, RunStatus, TaskStatus
from tests.support.runs import finished_run


def test_statistics_tell_what_an_agent_has_done(api, mia, make):
    agent = make.agent()
    for status in (TaskStatus.DONE, TaskStatus.DONE, TaskStatus.REVIEW, TaskStatus.TODO):
        task = make.task(agent=agent, status=status)
        with transaction():
            row = db.session.get_one(Task, task.id)
            if row.completed_at:
                row.created_at = row.completed_at - timedelta(minutes=30)
        task_id = task.id
    task = db.session.get_one(Task, task_id)
    finished_run(task, agent, input_tokens=100, output_tokens=20, cost_usd=Decimal("0.25"))
    finished_run(task, agent, cost_usd=Decimal("0.5"), budget_month="2020-01")
    finished_run(task, agent, RunStatus.FAILED, input_tokens=7)
    finished_run(task, agent, RunStatus.CANCELLED)

    stats = api.as_(mia).get(f"/api/agents/{agent.id}/stats")

    assert stats.status_code == 200
    assert stats.json == {
        "tasks_completed": {"total": 2, "this_week": 2, "this_month": 2},
        "tasks_by_status": {str(status): 0 for status in TaskStatus} | {"done": 2, "review": 1, "todo": 1},
        "average_completion_minutes": 30.0,
        "success_rate": 0.6667,
        "runs": {"total": 4, "succeeded": 2, "failed": 1, "cancelled": 1},
        "tokens": {"input": 107, "output": 20},
        "cost_usd": {"total": 0.75, "this_month": 0.25},
    }


def test_statistics_of_an_agent_that_did_nothing_make_nothing_up(api, mia, make):
    stats = api.as_(mia).get(f"/api/agents/{make.agent().id}/stats").json

    assert stats["success_rate"] is None
    assert stats["average_completion_minutes"] is None
    assert stats["cost_usd"] == {"total": 0.0, "this_month": 0.0}


def test_statistics_and_tasks_leave_out_closed_boards(api, ada, mia, make):
    agent, closed = make.agent(), make.board()
    make.grant(mia, closed, BoardLevel.NONE)
    hidden = make.task(agent=agent, board=closed, status=TaskStatus.DONE)
    shown = make.task(agent=agent)
    finished_run(hidden, agent, input_tokens=100)

    seen = {who.name: api.as_(who).get(f"/api/agents/{agent.id}/stats").json for who in (ada, mia)}
    listed = api.as_(mia).get(f"/api/agents/{agent.id}/tasks").json

    assert (seen["Ada"]["runs"]["total"], seen["Mia"]["runs"]["total"]) == (1, 0)
    assert (seen["Ada"]["tasks_completed"]["total"], seen["Mia"]["tasks_completed"]["total"]) == (1, 0)
    assert seen["Mia"]["tokens"]["input"] == 0
    assert ([row["id"] for row in listed["items"]], listed["total"]) == ([shown.id], 1)


def test_the_tasks_of_an_agent_come_in_pages_as_the_reference_prints_them(api, mia, make):
    agent, board = make.agent(), make.board()
    ids = [make.task(agent=agent, board=board).id for _ in range(12)][::-1]

    first = api.as_(mia).get(f"/api/agents/{agent.id}/tasks?page=1&per_page=10").json
    second = api.as_(mia).get(f"/api/agents/{agent.id}/tasks?page=2&per_page=10").json
    after = api.as_(mia).get(f"/api/agents/{agent.id}/tasks?per_page=10&cursor={first['cursor']}").json

    assert [row["id"] for row in first["items"]] == ids[:10]
    assert {name: first[name] for name in ("total", "total_is_exact", "page", "per_page", "pages")} == {
        "total": 12,
        "total_is_exact": True,
        "page": 1,
        "per_page": 10,
        "pages": 2,
    }
    assert [row["id"] for row in second["items"]] == [row["id"] for row in after["items"]] == ids[10:]
    assert second["cursor"] is after["cursor"] is None
    assert first["items"][0] == api.as_(mia).get(f"/api/tasks/{ids[0]}").json


def test_a_total_stops_counting_and_deep_pages_need_a_cursor(api, mia, make, monkeypatch):
    from helix.api import blueprint
    from helix.services import paging

    monkeypatch.setattr(paging, "MAX_COUNTED", 3)
    monkeypatch.setattr(blueprint, "MAX_COUNTED", 3)
    agent = make.agent()
    for _ in range(5):
        make.task(agent=agent)

    page = api.as_(mia).get(f"/api/agents/{agent.id}/tasks?per_page=2").json
    deep = api.as_(mia).get(f"/api/agents/{agent.id}/tasks?per_page=2&page=3")

    assert (page["total"], page["total_is_exact"], page["pages"]) == (3, False, 2)
    assert deep.status_code == 422
    assert deep.json["detail"][0]["loc"] == ["page"]


@pytest.mark.parametrize("query", ["page=0", "per_page=0", "per_page=201", "cursor=x", "page=x", "status=lost"])
def test_pages_that_cannot_be_are_refused(api, mia, make, query):
    assert api.as_(mia).get(f"/api/agents/{make.agent().id}/tasks?{query}").status_code == 422
