"""What is granted to an agent."""

import pytest

from helix import clock
from helix.db.transaction import transaction
from helix.errors import Forbidden, Invalid, NotFound
from helix.extensions import db
from helix.models import Activity, AgentTool, Tool, ToolSource
from helix.models.vocabulary import ToolEffect, ToolPolicy, ToolSourceKind, ToolStatus
from helix.policies.tools import Allow, Ask, Call, Run, decide
from helix.services import tools
from helix.services.tools import Grant
from tests.support.people import as_actor

FROM_THE_START = {
    "ask_person",
    "save_file",
    "list_files",
    "read_file",
    "read_task",
    "search_tasks",
    "read_comments",
    "read_result",
    "read_skill",
    "read_skill_file",
    "calculate",
    "find_tools",
}


def policies(agent):
    return {found.name: found.policy for found in tools.granted(agent.id)}


def a_tool(name="send_mail", *, slug="mail", **fields):
    now = clock.now()
    facts = {"effect": ToolEffect.WRITE, "status": ToolStatus.ACCEPTED} | fields
    with transaction():
        source = ToolSource(
            kind=ToolSourceKind.MCP_HTTP, slug=slug, title=slug, url="https://x.example", created_at=now
        )
        db.session.add(source)
        db.session.flush()
        tool = Tool(source_id=source.id, name=name, input_schema={"type": "object"}, definition_hash="0", **facts)
        db.session.add(tool)
    return tool, source


def test_every_agent_may_read_ask_and_save_from_the_start(clean_app, make):
    found = policies(make.agent())

    assert {name for name, policy in found.items() if policy == ToolPolicy.ALLOW} == FROM_THE_START
    assert {name for name, policy in found.items() if policy == ToolPolicy.ASK} == {
        "add_comment",
        "create_subtask",
        "web_fetch",
    }


def test_a_grant_changes_the_tools_that_it_names_and_no_others(ada, make):
    sierra, theo = make.agent("Sierra"), make.agent("Theo")

    tools.set_grants(
        as_actor(ada),
        sierra.id,
        [
            Grant("save_file", ToolPolicy.OFF),
            Grant("web_fetch", ToolPolicy.ALLOW, {"per_run": 3, "hosts": ["a.example"]}),
        ],
    )

    found = {granted.name: granted for granted in tools.granted(sierra.id)}
    assert "save_file" not in found
    assert found["web_fetch"].grant.policy == ToolPolicy.ALLOW
    assert (found["web_fetch"].grant.per_run, found["web_fetch"].grant.hosts) == (3, {"a.example"})
    assert found["read_file"].is_default
    assert policies(theo)["save_file"] == ToolPolicy.ALLOW


def test_a_grant_is_recorded_once_and_only_if_something_changed(ada, make):
    sierra = make.agent()
    for _ in range(2):
        tools.set_grants(as_actor(ada), sierra.id, [Grant("web_fetch", ToolPolicy.OFF)])

    (entry,) = db.session.query(Activity).filter_by(action="tool.granted").all()
    assert (entry.entity_id, entry.actor_id) == (sierra.id, ada.id)
    assert entry.details == {"tool": "web_fetch", "policy": "off", "limits": {}}


def test_no_policy_goes_back_to_the_default(ada, make):
    sierra = make.agent()
    tools.set_grants(as_actor(ada), sierra.id, [Grant("save_file", ToolPolicy.OFF)])

    tools.set_grants(as_actor(ada), sierra.id, [Grant("save_file", None)])

    assert policies(sierra)["save_file"] == ToolPolicy.ALLOW
    assert db.session.query(AgentTool).count() == 0


def stand(agent, name, ada):
    (tool,) = [found.tool for found in tools.of_agent(agent.id) if found.name == name]
    with transaction():
        db.session.add(
            AgentTool(
                agent_id=agent.id,
                tool_id=tool.id,
                policy=ToolPolicy.ASK,
                granted_at=clock.now(),
                always_by_user_id=ada.id,
                always_at=clock.now(),
            )
        )


def always(agent, name):
    (found,) = [found for found in tools.of_agent(agent.id) if found.name == name]
    return found.always


@pytest.mark.parametrize(
    ("grant", "stays"),
    [
        (Grant("web_fetch", always=False, sets_policy=False), False),
        (Grant("web_fetch", ToolPolicy.OFF), False),
        (Grant("web_fetch", None), False),
        (Grant("web_fetch", ToolPolicy.ASK, {"per_day": 5}), True),
    ],
    ids=["revoked", "switched off", "back to the default", "limited"],
)
def test_a_standing_permission_ends_when_it_is_revoked_or_the_tool_is_switched_off(ada, make, grant, stays):
    sierra = make.agent()
    stand(sierra, "web_fetch", ada)

    tools.set_grants(as_actor(ada), sierra.id, [grant])

    assert always(sierra, "web_fetch") is stays


def test_revoking_keeps_the_policy_and_makes_calls_ask_again(ada, make):
    sierra = make.agent()
    stand(sierra, "web_fetch", ada)
    (before,) = [found for found in tools.granted(sierra.id) if found.name == "web_fetch"]

    tools.set_grants(as_actor(ada), sierra.id, [Grant("web_fetch", always=False, sets_policy=False)])

    (after,) = [found for found in tools.granted(sierra.id) if found.name == "web_fetch"]
    call, run = Call(host="example.com"), Run(has_untrusted=False)
    assert (before.always_by, isinstance(decide(before.grant, before.facts, call, run), Allow)) == ("Ada", True)
    assert isinstance(decide(after.grant, after.facts, call, run), Ask)


def test_only_admins_grant_and_unknown_tools_and_agents_are_refused(ada, mia, make):
    sierra = make.agent()

    with pytest.raises(Forbidden):
        tools.set_grants(as_actor(mia), sierra.id, [])
    with pytest.raises(NotFound):
        tools.set_grants(as_actor(ada), 999_999, [])
    with pytest.raises(Invalid) as refused:
        tools.set_grants(as_actor(ada), sierra.id, [Grant("save_file", ToolPolicy.OFF), Grant("juggle")])
    assert refused.value.problems[0]["loc"] == ["grants", 1, "tool"]
    assert policies(sierra)["save_file"] == ToolPolicy.ALLOW


@pytest.mark.parametrize(
    ("fields", "offered"),
    [
        ({}, True),
        ({"status": ToolStatus.NEW}, False),
        ({"status": ToolStatus.NEW, "effect": ToolEffect.READ}, True),
        ({"status": ToolStatus.CHANGED}, False),
        ({"status": ToolStatus.GONE}, False),
        ({"default_policy": ToolPolicy.OFF}, False),
    ],
)
def test_a_tool_that_could_not_be_called_is_not_offered(clean_app, make, fields, offered):
    a_tool(**fields)

    names = {tools.definition(found).name for found in tools.granted(make.agent().id)}

    assert ("mail__send_mail" in names) is offered


def test_the_tools_of_a_source_that_is_switched_off_are_not_offered(clean_app, make):
    _tool, source = a_tool()
    with transaction():
        db.session.get_one(ToolSource, source.id).enabled = False

    assert "mail__send_mail" not in policies(make.agent())


def test_the_reach_says_when_every_send_will_ask(ada, make):
    sierra = make.agent()
    before = tools.reach(tools.of_agent(sierra.id))
    a_tool(sends_out=True)

    after = tools.reach(tools.of_agent(sierra.id))
    tools.set_grants(as_actor(ada), sierra.id, [Grant("mail__send_mail", ToolPolicy.OFF)])

    assert (before.reads_private, before.brings_untrusted, before.asks_before_sending) == (True, True, False)
    assert after.asks_before_sending
    assert not tools.reach(tools.of_agent(sierra.id)).sends_out
    assert before.tokens == sum(found.tool.token_count for found in tools.granted(sierra.id))


def test_a_tool_of_a_server_cannot_take_the_name_of_a_built_in_one(clean_app, make):
    a_tool("save_file", slug="helix2")

    names = [found.name for found in tools.of_agent(make.agent().id)]

    assert names.count("save_file") == 1
    assert "helix2__save_file" in names


def test_a_tool_can_be_marked_to_be_offered_always_and_its_policy_stays(ada, make):
    sierra = make.agent()

    tools.set_grants(as_actor(ada), sierra.id, [Grant("web_fetch", always_offered=True, sets_policy=False)])

    (found,) = [tool for tool in tools.of_agent(sierra.id) if tool.name == "web_fetch"]
    assert (found.always_offered, found.policy) == (True, ToolPolicy.ASK)
    (entry,) = db.session.query(Activity).filter_by(action="tool.granted").all()
    assert entry.details["always_offered"] is True
    tools.set_grants(as_actor(ada), sierra.id, [Grant("web_fetch", always_offered=False, sets_policy=False)])
    assert not any(tool.always_offered for tool in tools.of_agent(sierra.id))
