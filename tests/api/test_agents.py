from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import event

from helix import clock
from helix.extensions import db
from helix.models import Activity, Agent, BudgetMonth, Comment, Run, Skill, Task
from helix.models.vocabulary import BoardLevel, RunStatus, TaskStatus, Trigger
from helix.services import agents, budgets, names, runs
from helix.transaction import transaction
from tests.support.cast import acting


def runs_of(task):
    return db.session.query(Run).filter_by(task_id=task.id).order_by(Run.id).all()


def finished_run(task, agent, status=RunStatus.SUCCEEDED, **fields):
    now = clock.now()
    facts = {"queued_at": now, "started_at": now, "finished_at": now, "budget_month": budgets.month_now()} | fields
    run = Run(
        task_id=task.id,
        agent_id=agent.id,
        trigger=Trigger.MANUAL,
        came_from=TaskStatus.TODO,
        status=status,
        **facts,
    )
    with transaction():
        db.session.add(run)
    return run


def test_an_agent_is_made_as_the_reference_prints_it(api, ada, make):
    board = make.board()
    body = {
        "name": "Atlas",
        "role_title": "Research Analyst",
        "department_id": board.department_id,
        "primary_board_id": board.id,
        "system_prompt": "You are Atlas, a research analyst...",
        "execution_mode": "manual",
    }

    made = api.as_(ada).post("/api/agents/", json=body)

    assert made.status_code == 201
    assert made.json == {
        **body,
        "id": made.json["id"],
        "ai_model_id": None,
        "enabled": True,
        "status": "offline",
        "monthly_budget_usd": None,
        "spent_this_month_usd": 0.0,
        "budget_paused": False,
        "max_parallel_runs": 1,
        "max_output_tokens": 4096,
        "current_run": None,
        "watching": True,
        "created_at": made.json["created_at"],
        "updated_at": made.json["created_at"],
    }
    assert api.as_(ada).get(f"/api/agents/{made.json['id']}").json == made.json


def test_an_agent_is_changed_as_the_reference_prints_it(api, ada, make):
    agent = make.agent()
    body = {"system_prompt": "Updated prompt...", "execution_mode": "auto"}

    changed = api.as_(ada).patch(f"/api/agents/{agent.id}", json=body)

    assert changed.status_code == 200
    assert (changed.json["system_prompt"], changed.json["execution_mode"]) == ("Updated prompt...", "auto")


def test_agents_are_listed_by_department_and_by_board(api, mia, make):
    board = make.board()
    here = make.agent("Atlas", department_id=board.department_id)
    there = make.agent("Sierra", primary_board_id=board.id)

    listed = [
        [row["id"] for row in api.as_(mia).get(path).json]
        for path in (
            "/api/agents/",
            f"/api/agents/?department_id={board.department_id}",
            f"/api/agents/?board_id={board.id}",
        )
    ]

    assert listed == [[here.id, there.id], [here.id], [there.id]]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": None}, "name"),
        ({"name": " "}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"name": "ΐ" * 80}, "name"),
        ({"department_id": 999}, "department_id"),
        ({"primary_board_id": 999}, "primary_board_id"),
        ({"ai_model_id": 999}, "ai_model_id"),
        ({"execution_mode": "sometimes"}, "execution_mode"),
        ({"max_parallel_runs": 0}, "max_parallel_runs"),
        ({"max_parallel_runs": 101}, "max_parallel_runs"),
        ({"max_output_tokens": 63}, "max_output_tokens"),
        ({"max_output_tokens": 200_001}, "max_output_tokens"),
        ({"monthly_budget_usd": -1}, "monthly_budget_usd"),
        ({"monthly_budget_usd": "NaN"}, "monthly_budget_usd"),
        ({"system_prompt": "x" * 100_001}, "system_prompt"),
        ({"enabled": None}, "enabled"),
        ({"status": "online"}, "status"),
    ],
)
def test_what_cannot_be_is_refused_by_field(api, ada, make, body, field):
    agent = make.agent()

    made = api.as_(ada).post("/api/agents/", json={"name": "New", **body})
    changed = api.as_(ada).patch(f"/api/agents/{agent.id}", json=body)

    assert made.status_code == changed.status_code == 422
    assert made.json["detail"][0]["loc"] == changed.json["detail"][0]["loc"] == [field]


@pytest.mark.parametrize("name", ["sierra", "ADA"])
def test_names_are_unique_over_agents_and_people(api, ada, make, name):
    make.agent("Sierra")
    other = make.agent("Atlas")

    made = api.as_(ada).post("/api/agents/", json={"name": name})
    renamed = api.as_(ada).patch(f"/api/agents/{other.id}", json={"name": name})

    assert made.status_code == renamed.status_code == 409
    assert "already" in made.json["detail"]


def test_what_happens_to_agents_is_recorded_without_their_prompts(api, ada):
    made = api.as_(ada).post("/api/agents/", json={"name": "Atlas", "system_prompt": "A secret plan"}).json
    api.as_(ada).patch(f"/api/agents/{made['id']}", json={"system_prompt": "Another", "enabled": False})
    api.as_(ada).delete(f"/api/agents/{made['id']}")

    rows = db.session.query(Activity).filter_by(entity_type="agent").order_by(Activity.id).all()

    assert [row.action for row in rows] == ["agent.created", "agent.updated", "agent.deleted"]
    assert rows[1].details == {"fields": ["enabled", "system_prompt"], "enabled": False}
    assert {row.agent_id for row in rows} == {made["id"]}


def test_members_read_agents_and_write_none(api, mia, make):
    path, member = f"/api/agents/{make.agent().id}", api.as_(mia)

    replies = [
        member.post("/api/agents/", json={"name": "A"}),
        member.patch(path, json={}),
        member.delete(path),
        member.put(f"{path}/skills", json={"skill_ids": []}),
        member.post(f"{path}/lift-budget"),
    ]

    assert member.get(path).status_code == 200
    assert [reply.status_code for reply in replies] == [403] * 5


@pytest.mark.parametrize("agent_id", [999, 2**62, 2**70])
def test_an_unknown_agent_is_not_found(api, ada, agent_id):
    path, admin = f"/api/agents/{agent_id}", api.as_(ada)

    replies = [
        admin.get(path),
        admin.patch(path, json={"monthly_budget_usd": 1}),
        admin.delete(path),
        admin.get(f"{path}/stats"),
        admin.get(f"{path}/tasks"),
        admin.get(f"{path}/skills"),
        admin.put(f"{path}/skills", json={"skill_ids": []}),
        admin.put(f"{path}/watch", json={"watching": True}),
        admin.post(f"{path}/lift-budget"),
    ]

    assert [reply.status_code for reply in replies] == [404] * 9


# Switching to auto


def test_switching_to_auto_takes_up_what_waits_once_each(api, ada, make, monkeypatch):
    monkeypatch.setattr(agents.take_up, "AT_ONCE", 2)
    agent = make.agent()
    waiting = [make.task(agent=agent) for _ in range(2)]
    for other in (make.task(agent=agent, status=TaskStatus.DONE), make.task()):
        assert runs_of(other) == []

    api.as_(ada).patch(f"/api/agents/{agent.id}", json={"execution_mode": "auto"})
    agents.go_on()
    agents.go_on()

    assert [[run.trigger for run in runs_of(task)] for task in waiting] == [[Trigger.AUTO], [Trigger.AUTO]]
    assert db.session.query(Run).count() == 2


def test_what_one_request_does_not_take_up_the_scheduler_does(api, ada, make, monkeypatch):
    monkeypatch.setattr(agents.take_up, "AT_ONCE", 2)
    agent = make.agent()
    waiting = [make.task(agent=agent) for _ in range(5)]

    api.as_(ada).patch(f"/api/agents/{agent.id}", json={"execution_mode": "auto"})
    at_first = db.session.query(Run).count()
    agents.go_on()

    assert at_first == 2
    assert [len(runs_of(task)) for task in waiting] == [1] * 5
    assert db.session.get(Agent, agent.id, populate_existing=True).taking_up_after is None


def test_a_task_that_came_back_is_not_taken_up_again(api, ada, make):
    agent = make.agent()
    task = make.task(agent=agent)
    api.as_(ada).patch(f"/api/agents/{agent.id}", json={"execution_mode": "auto"})

    api.as_(ada).post(f"/api/tasks/{task.id}/cancel-run")
    agents.go_on()

    assert [run.status for run in runs_of(task)] == [RunStatus.CANCELLED]


def test_switching_back_ends_the_taking_up(api, ada, make, monkeypatch):
    monkeypatch.setattr(agents.take_up, "AT_ONCE", 1)
    agent = make.agent()
    for _ in range(3):
        make.task(agent=agent)
    api.as_(ada).patch(f"/api/agents/{agent.id}", json={"execution_mode": "auto"})

    api.as_(ada).patch(f"/api/agents/{agent.id}", json={"execution_mode": "manual"})
    agents.go_on()

    assert db.session.query(Run).count() == 1


# Deleting


def test_deleting_an_agent_ends_its_work_and_keeps_its_past(api, ada, mia, make):
    make.model()
    agent = make.agent("Sierra")
    queued, done, busy = make.task(agent=agent), make.task(agent=agent, status=TaskStatus.DONE), make.task(agent=agent)
    finished_run(done, agent)
    runs.start(acting(ada), busy.id)
    runs.claim("a worker")
    with transaction():
        db.session.add(Comment(task_id=done.id, agent_id=agent.id, content="Here it is.", created_at=clock.now()))
    runs.start(acting(ada), queued.id)

    reply = api.as_(ada).delete(f"/api/agents/{agent.id}")

    admin = api.as_(ada)
    assert reply.status_code == 204
    assert admin.get(f"/api/agents/{agent.id}").status_code == 404
    assert admin.get("/api/agents/").json == []
    for task in (queued, busy):
        now = admin.get(f"/api/tasks/{task.id}").json
        assert (now["status"], now["assigned_agent_id"], now["last_run"]["status"]) == ("todo", None, "cancelled")
    assert admin.get(f"/api/tasks/{done.id}").json["assigned_agent"]["name"] == "Sierra (deleted)"
    assert admin.get(f"/api/tasks/{done.id}/runs").json[0]["agent_name"].startswith("Sierra")
    assert admin.get(f"/api/tasks/{done.id}/comments/").json[0]["author_name"].startswith("Sierra")


def test_the_name_of_a_deleted_agent_is_free(api, ada, make):
    agent = make.agent("Sierra")
    api.as_(ada).delete(f"/api/agents/{agent.id}")

    again = api.as_(ada).post("/api/agents/", json={"name": "Sierra"})

    assert again.status_code == 201
    assert names.all_names()["sierra"] == ("agent", again.json["id"])


def test_what_a_deleted_agent_left_behind_is_cleared_away_by_the_scheduler(make):
    agent = make.agent()
    task = make.task(agent=agent)
    with transaction():
        row = db.session.get_one(Agent, agent.id)
        row.deleted_at, row.leaving = clock.now(), True

    agents.go_on()

    assert db.session.get(Task, task.id, populate_existing=True).assigned_agent_id is None
    assert db.session.get(Agent, agent.id, populate_existing=True).leaving is False


def test_what_a_deleted_agent_belonged_to_can_be_deleted(api, ada, make):
    board, model = make.board(), make.model(is_default=False)
    agent = make.agent(department_id=board.department_id, primary_board_id=board.id, ai_model_id=model.id)
    api.as_(ada).delete(f"/api/agents/{agent.id}")

    replies = [
        api.as_(ada).delete(f"/api/boards/{board.id}"),
        api.as_(ada).delete(f"/api/departments/{board.department_id}"),
    ]

    assert [reply.status_code for reply in replies] == [204, 204]


# Statistics and tasks


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
    from helix.api import door
    from helix.services import paging

    monkeypatch.setattr(paging, "MOST_COUNTED", 3)
    monkeypatch.setattr(door, "MOST_COUNTED", 3)
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


# Skills, watching, budget


def skill(name, **fields):
    now = clock.now()
    made = Skill(name=name, name_key=name.lower(), slug=name.lower(), created_at=now, updated_at=now, **fields)
    with transaction():
        db.session.add(made)
    return made.id


def test_an_agent_is_given_exactly_the_skills_that_are_named(api, ada, make):
    agent = make.agent()
    voice, style, everyone = skill("Voice"), skill("Style"), skill("Basics", applies_to_all_agents=True)
    path = f"/api/agents/{agent.id}/skills"
    api.as_(ada).put(path, json={"skill_ids": [voice]})

    given = api.as_(ada).put(path, json={"skill_ids": [style, style]})

    assert given.status_code == 200
    assert [(row["id"], row["assigned"]) for row in given.json] == [(everyone, False), (style, True)]
    assert api.as_(ada).get(path).json == given.json


def test_an_unknown_skill_is_a_value_error(api, ada, make):
    reply = api.as_(ada).put(f"/api/agents/{make.agent().id}/skills", json={"skill_ids": [999]})

    assert reply.status_code == 422
    assert reply.json["detail"][0]["loc"] == ["skill_ids"]


def test_admins_watch_every_agent_until_they_stop_and_members_when_they_begin(api, ada, mia, make):
    path = f"/api/agents/{make.agent().id}"
    at_first = [api.as_(who).get(path).json["watching"] for who in (ada, mia)]

    api.as_(ada).put(f"{path}/watch", json={"watching": False})
    begun = api.as_(mia).put(f"{path}/watch", json={"watching": True})

    assert at_first == [True, False]
    assert begun.json["watching"] is True
    assert [api.as_(who).get(path).json["watching"] for who in (ada, mia)] == [False, True]


def spend(agent, usd):
    with transaction():
        scope = budgets.scope_of(agent.id)
        budgets.locked_month(scope, budgets.month_now()).spent_usd = Decimal(usd)
        db.session.flush()
        budgets.look_again(agent.id)


def test_a_used_up_budget_shows_and_raising_it_frees_the_agent(api, ada, make):
    make.model()
    agent = make.agent(monthly_budget_usd=Decimal(1))
    spend(agent, "1.25")
    path = f"/api/agents/{agent.id}"

    used_up = api.as_(ada).get(path).json
    raised = api.as_(ada).patch(path, json={"monthly_budget_usd": 2.5}).json
    lowered = api.as_(ada).patch(path, json={"monthly_budget_usd": "1.25"}).json
    none = api.as_(ada).patch(path, json={"monthly_budget_usd": None}).json

    assert (used_up["status"], used_up["budget_paused"], used_up["spent_this_month_usd"]) == ("offline", True, 1.25)
    assert (raised["status"], raised["budget_paused"], raised["monthly_budget_usd"]) == ("online", False, 2.5)
    assert lowered["budget_paused"] is True
    assert (none["budget_paused"], none["monthly_budget_usd"]) == (False, None)


def test_lifting_a_budget_lets_the_agent_go_on_this_month(api, ada, make):
    agent = make.agent(monthly_budget_usd=Decimal(1))
    spend(agent, "1.25")

    lifted = api.as_(ada).post(f"/api/agents/{agent.id}/lift-budget")
    api.as_(ada).post(f"/api/agents/{agent.id}/lift-budget")

    month = db.session.get(BudgetMonth, (budgets.scope_of(agent.id), budgets.month_now()))
    assert lifted.status_code == 200
    assert (lifted.json["budget_paused"], lifted.json["monthly_budget_usd"]) == (False, 1.0)
    assert month.lifted
    assert db.session.query(Activity).filter_by(action="agent.updated").count() == 1


def test_a_budget_that_is_not_there_cannot_be_lifted(api, ada, make):
    assert api.as_(ada).post(f"/api/agents/{make.agent().id}/lift-budget").status_code == 409


def test_a_budget_of_nothing_is_used_up_from_the_start(api, ada):
    made = api.as_(ada).post("/api/agents/", json={"name": "Atlas", "monthly_budget_usd": 0})

    assert made.json["budget_paused"] is True


def statements_of(ask):
    """How many statements the database was sent meanwhile."""
    seen = []

    def note(_connection, _cursor, statement, *_rest):
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        ask()
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    return len([statement for statement in seen if statement != "BEGIN"])


def test_the_list_costs_the_same_however_many_agents_there_are(api, ada, make):
    reader = api.as_(ada)
    counts = []
    for _ in range(2):
        for _ in range(4):
            make.agent()
        reader.get("/api/health")  # what the test itself holds is loaded before we count

        counts.append(statements_of(lambda: reader.get("/api/agents/")))

    assert counts[0] == counts[1] == 3


def test_one_agent_costs_four_statements(api, mia, make):
    reader, path = api.as_(mia), f"/api/agents/{make.agent().id}"
    reader.get("/api/health")

    counts = [statements_of(lambda: reader.get(path)), statements_of(lambda: reader.get(f"{path}/stats"))]

    assert counts[0] <= 4
    assert counts[1] <= 7


def test_if_match_keeps_one_from_writing_over_somebody_elses(api, ada, make):
    hers = api.as_(ada)
    at = f"/api/agents/{make.agent('Sierra').id}"
    read = hers.get(at).headers["ETag"]
    assert hers.patch(at, json={"role_title": "Writer"}, headers={"If-Match": read}).status_code == 200

    refused = hers.patch(at, json={"role_title": "Editor"}, headers={"If-Match": read})
    again = hers.patch(at, json={"role_title": "Editor"}, headers={"If-Match": hers.get(at).headers["ETag"]})

    assert refused.status_code == 409
    assert refused.json["agent"]["role_title"] == "Writer"
    assert again.status_code == 200
