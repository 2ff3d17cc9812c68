from decimal import Decimal

import pytest
from sqlalchemy import select

from helix.db.transaction import transaction
from helix.errors import Forbidden, Invalid
from helix.extensions import db
from helix.models import Agent, AgentTool, Tool
from helix.models.vocabulary import ToolPolicy
from helix.services import agent_creation, skills, tools
from tests.support.people import as_actor


@pytest.fixture
def original(make, ada):
    agent = make.agent(
        "Sierra", role_title="Writer", system_prompt="Be brief.", monthly_budget_usd=Decimal(0), max_parallel_runs=3
    )
    skills.create(as_actor(ada), name="Style", content="Plain words.", agent_ids=[agent.id])
    tools.set_grants(
        as_actor(ada), agent.id, [tools.Grant("save_file", ToolPolicy.ALLOW, {"per_run": 2}, always_offered=True)]
    )
    return agent


def grants_of(agent_id):
    query = select(Tool.name, AgentTool.policy, AgentTool.limits, AgentTool.always_offered).join(Tool)
    return [tuple(row) for row in db.session.execute(query.where(AgentTool.agent_id == agent_id))]


def test_a_copy_has_settings_skills_and_tools_and_a_name_of_its_own(ada, original):
    copy = agent_creation.duplicate(as_actor(ada), original.id)
    again = agent_creation.duplicate(as_actor(ada), original.id)

    assert (copy.name, again.name) == ("Sierra copy", "Sierra copy 2")
    assert (copy.role_title, copy.system_prompt, copy.max_parallel_runs) == ("Writer", "Be brief.", 3)
    assert copy.budget_paused
    assert [skill["name"] for skill in skills.of_agent(copy.id)] == ["Style"]
    assert grants_of(copy.id) == grants_of(original.id) == [("save_file", ToolPolicy.ALLOW, {"per_run": 2}, True)]


def test_what_a_person_allowed_for_good_is_not_copied(ada, original):
    with transaction():
        grant = db.session.scalars(select(AgentTool).where(AgentTool.agent_id == original.id)).one()
        grant.always_by_user_id, grant.always_at = ada.id, grant.granted_at

    copy = agent_creation.duplicate(as_actor(ada), original.id)

    copied = db.session.scalars(select(AgentTool).where(AgentTool.agent_id == copy.id)).one()
    assert (copied.always_by_user_id, copied.always_at) == (None, None)


def test_a_long_name_leaves_room_for_the_copy(ada, make):
    copy = agent_creation.duplicate(as_actor(ada), make.agent("S" * 80).id)

    assert copy.name == "S" * 60 + " copy"


def test_only_admins_copy(mia, original):
    with pytest.raises(Forbidden):
        agent_creation.duplicate(as_actor(mia), original.id)


def test_an_unknown_skill_leaves_no_agent_behind(ada):
    with pytest.raises(Invalid):
        agent_creation.create(as_actor(ada), [999], name="Klay")

    assert db.session.scalar(select(Agent.id)) is None
