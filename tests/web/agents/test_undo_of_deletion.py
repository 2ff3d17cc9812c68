"""Undo of the deletion of an agent."""

from datetime import timedelta

import pytest
import time_machine

from helix import clock
from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import Agent, AgentTool, AgentWatch, SkillAgent, Task, Tool
from helix.models.vocabulary import ToolPolicy
from helix.services import agents, skills, tasks
from tests.support.people import as_actor

pytestmark = pytest.mark.every_database


@pytest.fixture
def agent(make, ada, mia):
    board, model = make.board("Blog"), make.model()
    agent = make.agent("Sierra", primary_board_id=board.id, ai_model_id=model.id)
    skills.create(as_actor(ada), name="Style", content="Rhyme.", agent_ids=[agent.id])
    agents.watch(as_actor(mia), agent.id, True)
    with transaction():
        tool_id = db.session.query(Tool.id).order_by(Tool.id).first()[0]
        grant = AgentTool(agent_id=agent.id, tool_id=tool_id, policy=ToolPolicy.ASK, limits={"per_run": 3})
        grant.granted_at = clock.now()
        db.session.add(grant)
    return agent


def count(model, agent):
    return db.session.query(model).filter_by(agent_id=agent.id).count()


def assigned(task):
    return db.session.get(Task, task.id, populate_existing=True).assigned_agent_id


def test_undo_brings_back_settings_skills_grants_watchers_and_tasks(pages, ada, make, agent):
    task = make.task("Write", agent=agent)
    browser = pages.as_(ada)

    browser.send(f"/agents/{agent.id}/delete")
    offered = browser.get("/agents").text
    gone, unassigned = browser.get(f"/agents/{agent.id}").status_code, assigned(task)
    undone = browser.send(f"/agents/{agent.id}/restore")

    assert (gone, unassigned) == (404, None)
    assert f"/agents/{agent.id}/restore" in offered
    assert undone.headers["HX-Redirect"] == f"/agents/{agent.id}"
    back = db.session.get(Agent, agent.id, populate_existing=True)
    assert (back.deleted_at, back.enabled, back.primary_board_id) == (None, True, agent.primary_board_id)
    assert back.ai_model_id == agent.ai_model_id is not None
    assert [count(model, agent) for model in (SkillAgent, AgentWatch, AgentTool)] == [1, 1, 1]
    assert db.session.query(AgentTool).one().limits == {"per_run": 3}
    assert assigned(task) == agent.id
    assert "Sierra" in browser.get("/agents").text


def test_what_was_changed_since_stays(api, ada, make, agent):
    other = make.agent("Adley")
    given, waiting = make.task("Given to another", agent=agent), make.task("Waiting", agent=agent)
    client = api.as_(ada)
    client.delete(f"/api/agents/{agent.id}")
    tasks.edit(as_actor(ada), given.id, {"assigned_agent_id": other.id})

    restored = client.post(f"/api/agents/{agent.id}/restore")

    assert restored.status_code == 200
    assert (assigned(given), assigned(waiting)) == (other.id, agent.id)


def test_it_cannot_be_undone_twice_late_or_when_the_name_is_taken(api, ada, make, agent):
    client = api.as_(ada)
    client.delete(f"/api/agents/{agent.id}")
    with time_machine.travel(clock.now() + timedelta(minutes=11)):
        late = api.as_(ada).post(f"/api/agents/{agent.id}/restore")
    namesake = make.agent("Sierra")
    taken = client.post(f"/api/agents/{agent.id}/restore")
    agents.edit(as_actor(ada), namesake.id, {"name": "Sienna"})
    first, second = (client.post(f"/api/agents/{agent.id}/restore").status_code for _ in range(2))

    assert (late.status_code, taken.status_code) == (409, 409)
    assert "10 minutes" in late.json["detail"]
    assert "already used" in taken.json["detail"]
    assert (first, second) == (200, 404)
