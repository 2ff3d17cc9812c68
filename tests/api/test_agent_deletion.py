"""Deleting an agent ends its work and keeps its history."""

from helix import clock
from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import Agent, Comment, Task
from helix.models.vocabulary import TaskStatus
from helix.services import agents, names, runs
from tests.support.people import as_actor
from tests.support.runs import finished_run


def test_deleting_an_agent_ends_its_work_and_keeps_its_past(api, ada, mia, make):
    make.model()
    agent = make.agent("Sierra")
    queued, done, busy = make.task(agent=agent), make.task(agent=agent, status=TaskStatus.DONE), make.task(agent=agent)
    finished_run(done, agent)
    runs.start(as_actor(ada), busy.id)
    runs.claim("a worker")
    with transaction():
        db.session.add(Comment(task_id=done.id, agent_id=agent.id, content="Here it is.", created_at=clock.now()))
    runs.start(as_actor(ada), queued.id)

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

    agents.resume_unfinished()

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
