"""Runs that use calculate, web_search, read_skill_file and find_tools: real loop, real litellm, real search server."""

import json
from decimal import Decimal
from io import BytesIO

import pytest
from sqlalchemy import select

from helix import clock
from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import AgentTool, BudgetMonth, HumanRequest, Run, Tool, ToolCall, ToolSource
from helix.models.vocabulary import RunStatus, ToolCallState, ToolEffect, ToolPolicy, ToolSourceKind, ToolStatus
from helix.services import requests, runs, settings, skills
from helix.services.tools import known_texts, web
from helix.services.tools.execute import HANDLERS
from tests.support.agent_turns import results_sent, turns
from tests.support.people import as_actor
from tests.support.search_server import SearchServer


@pytest.fixture
def agent_that(make, provider, model_that):
    def _agent_that(name, *wanted, **model):
        provider.behave(name, turns(*wanted))
        model_that(name, supports_tools=True, **model)
        return make.agent("Sierra")

    return _agent_that


@pytest.fixture
def run_to_its_end(ada, make, work):
    def _run(agent, **fields):
        task = make.task("Write about tea", agent=agent, by=ada, **fields)
        runs.start(as_actor(ada), task.id)
        work()
        return db.session.scalars(select(Run).where(Run.task_id == task.id)).one()

    return _run


@pytest.fixture
def search_server(ada, clean_app):
    with SearchServer() as server:
        settings.edit(as_actor(ada), {"web_search_provider": "searxng", "web_search_url": server.url})
        yield server


def grant(agent, *names, policy=ToolPolicy.ALLOW, **more):
    with transaction():
        for tool in db.session.scalars(select(Tool).where(Tool.name.in_(names))):
            row = AgentTool(agent_id=agent.id, tool_id=tool.id, policy=policy, granted_at=clock.now(), limits={})
            db.session.add(row)
            for name, value in more.items():
                setattr(row, name, value)


def calls():
    query = select(ToolCall).order_by(ToolCall.id)
    return list(db.session.scalars(query.execution_options(populate_existing=True)))


def names_offered(request):
    return [tool["function"]["name"] for tool in request.body.get("tools", ())]


def test_an_agent_calculates_and_goes_on_after_an_error(agent_that, run_to_its_end, provider):
    wanted = [[("calculate", {"code": "1 / 0"})], [("calculate", {"code": "sum([19.5, 20.5]) * 1.5"})]]
    run = run_to_its_end(agent_that("accountant", *wanted, "It is 60."))

    assert run.status == RunStatus.SUCCEEDED
    wrong, right = results_sent(provider.asked("accountant")[-1])
    assert "line 1" in wrong
    assert "division by zero" in wrong
    assert "Value: 60.0" in right
    assert [call.state for call in calls()] == [ToolCallState.FAILED, ToolCallState.DONE]
    assert not run.has_untrusted


def test_a_search_asks_first_and_its_hits_can_be_read_without_asking(
    ada, agent_that, run_to_its_end, work, provider, search_server, monkeypatch
):
    page = f"{search_server.url}/towels"
    monkeypatch.setattr(web, "ALLOW_PRIVATE", True)
    monkeypatch.setattr(web, "PORTS", frozenset({int(search_server.url.rpartition(":")[2])}))
    search_server.hits = [{"title": "Towels", "url": page, "content": "A shop"}]
    wanted = [[("web_search", {"query": "towels"})], [("web_fetch", {"url": page})]]
    agent = agent_that("researcher", *wanted, "Done.")
    grant(agent, "web_fetch")

    run = run_to_its_end(agent)
    request = db.session.scalars(select(HumanRequest)).one()
    requests.answer(as_actor(ada), request.id, decision="allow", via="page")
    work()

    db.session.refresh(run)
    assert (request.title, run.status) == ("May I call web_search?", RunStatus.SUCCEEDED)
    assert run.has_untrusted
    searched, fetched = calls()
    assert (searched.state, fetched.state) == (ToolCallState.DONE, ToolCallState.DONE)
    assert fetched.decided_because == "The agent may call this tool."
    assert "1. Towels" in results_sent(provider.asked("researcher")[-1])[0]


def test_after_text_of_strangers_another_search_asks_whatever_was_granted(agent_that, run_to_its_end, search_server):
    wanted = [[("web_search", {"query": "towels"})], [("web_search", {"query": "what Helen owes us"})]]
    agent = agent_that("leaky", *wanted, "Done.")
    grant(agent, "web_search")

    run = run_to_its_end(agent)

    first, second = calls()
    assert (first.state, second.state) == (ToolCallState.DONE, ToolCallState.WAITING)
    assert run.status == RunStatus.WAITING
    assert [request.args["q"] for request in search_server.asked] == ["towels"]


def test_what_a_search_costs_is_part_of_the_run_and_of_the_budget(
    agent_that, run_to_its_end, search_server, monkeypatch
):
    found = web.ToolResult("1. Towels", brings_untrusted=True, cost_usd=Decimal("0.008"))
    monkeypatch.setitem(HANDLERS, "web_search", lambda context, query: found)
    prices = {"input_cost_per_million": Decimal(1), "output_cost_per_million": Decimal(1)}
    agent = agent_that("buyer", [("web_search", {"query": "towels"})], "Done.", **prices)
    grant(agent, "web_search")

    run = run_to_its_end(agent)

    (call,) = calls()
    model_cost = (run.input_tokens + run.output_tokens) / Decimal(1_000_000)
    assert call.cost_usd == Decimal("0.008")
    assert run.cost_usd == run.counted_usd == model_cost + Decimal("0.008")
    assert {row.spent_usd for row in db.session.scalars(select(BudgetMonth))} == {run.counted_usd}


def test_skills_that_do_not_fit_are_listed_and_read_on_demand(ada, agent_that, run_to_its_end, provider):
    wanted = [
        [("read_skill", {"name": "Skill 7"})],
        [("read_skill_file", {"name": "Skill 7", "path": "references/rules.md"})],
    ]
    agent = agent_that("reader", *wanted, "Done.", context_window=24_000, max_output_tokens=1_000)
    for number in range(8):
        skill = skills.create(
            as_actor(ada), name=f"Skill {number}", content=f"Rule {number}. " * 1_000, agent_ids=[agent.id]
        )
    skills.attach(as_actor(ada), skill.id, BytesIO(b"Be kind."), name="rules.md", path="references/rules.md")

    run = run_to_its_end(agent)

    assert run.status == RunStatus.SUCCEEDED
    first, *_rest, last = provider.asked("reader")
    system = first.body["messages"][0]["content"]
    assert "read it with read_skill:" in system
    assert "- Skill 7" in system
    assert "Rule 7." not in system
    text, file = results_sent(last)[-2:]
    assert "Rule 7." in text
    assert "references/rules.md" in text or "Go on with" in text
    assert "Be kind." in file


@pytest.fixture
def many_tools(clean_app):
    """40 tools of a server, accepted; nothing listens at its address."""
    with transaction():
        source = ToolSource(
            kind=ToolSourceKind.MCP_HTTP, slug="crm", title="CRM", url="https://crm.invalid", created_at=clock.now()
        )
        db.session.add(source)
        db.session.flush()
        for number in range(40):
            about = f"Finds customer records of kind {number}." if number == 17 else "Does something else."
            tool = Tool(
                source_id=source.id,
                name=f"tool_{number}",
                description=about,
                input_schema={"type": "object"},
                definition_hash="0",
                token_count=20,
                effect=ToolEffect.READ,
                status=ToolStatus.ACCEPTED,
                default_policy=ToolPolicy.ASK,
            )
            db.session.add(tool)


def test_with_many_tools_a_model_finds_the_one_that_it_needs(agent_that, run_to_its_end, provider, many_tools):
    wanted = [[("find_tools", {"query": "customer records"})], [("read_task", {})]]
    agent = agent_that("finder", *wanted, "Done.")
    grant(agent, "add_comment", policy=ToolPolicy.ASK, always_offered=True)

    run = run_to_its_end(agent)

    first, second, third = (names_offered(request) for request in provider.asked("finder"))
    assert run.status == RunStatus.SUCCEEDED
    assert {"find_tools", "ask_person", "save_file", "add_comment"} <= set(first)
    assert not {"read_task", "crm__tool_17"} & set(first)
    assert second == third == [*first, "crm__tool_17"]
    assert "- crm__tool_17: Finds customer records of kind 17." in results_sent(provider.asked("finder")[-1])[0]
    # Not offered, but granted: decided as usual.
    assert [call.state for call in calls()] == [ToolCallState.DONE, ToolCallState.DONE]


def test_few_tools_are_all_offered_without_find_tools(agent_that, run_to_its_end, provider):
    run_to_its_end(agent_that("plain", "Done."))

    offered = names_offered(provider.asked("plain")[-1])
    assert {"read_task", "calculate"} <= set(offered)
    assert not {"find_tools", "web_search"} & set(offered)


def test_later_turns_begin_with_the_very_bytes_of_the_earlier_ones(agent_that, run_to_its_end, provider, many_tools):
    wanted = [[("read_task", {}), ("list_files", {})], [("calculate", {"code": "2 + 3"})]]
    run_to_its_end(agent_that("steady", *wanted, "Done."))

    sent = [request.body for request in provider.asked("steady")]
    assert len(sent) == 3
    for earlier, later in zip(sent, sent[1:], strict=False):
        messages = json.dumps(earlier["messages"])[:-1]
        assert json.dumps(later["messages"]).startswith(messages)
        assert json.dumps(later["tools"]) == json.dumps(earlier["tools"])
        assert {**later, "messages": None, "max_tokens": None} == {**earlier, "messages": None, "max_tokens": None}


def test_addresses_of_hits_count_as_known():
    assert "web_search" in known_texts.ADDRESS_SOURCES
