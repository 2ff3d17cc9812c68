"""Calls that cannot be carried out as they are: nothing happens, and the model is told why."""

import pytest
from sqlalchemy import delete, select

from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import AgentTool, HumanRequest, Run, TaskAttachment, ToolCall, ToolSource
from helix.models.vocabulary import RunStatus, ToolCallState, ToolPolicy
from helix.services import requests, runs
from tests.support import tool_streams
from tests.support.agent_turns import results_sent, turns
from tests.support.people import as_actor
from tests.support.requests import a_tool

UNUSABLE = [
    '{"name": "tea.md", "text": ',
    "tea.md",
    '["tea.md", "# Tea"]',
    '"tea.md"',
    '{"name": 7, "text": "x"}',
    '{"name": "a"}',
]


@pytest.fixture
def start(ada, make, model_that):
    """Queue a run of a task for an agent with a model of this name. Returns the agent's id and the task's."""

    def _start(name):
        model_that(name, supports_tools=True)
        agent = make.agent("Sierra")
        task = make.task("Write about tea", agent=agent, by=ada)
        runs.start(as_actor(ada), task.id)
        return agent.id, task.id

    return _start


def run_of(task_id):
    query = select(Run).where(Run.task_id == task_id).order_by(Run.id).limit(1)
    return db.session.scalars(query.execution_options(populate_existing=True)).one()


def raw_call(arguments, *, finish="tool_calls"):
    """A turn that calls save_file with this very text as its arguments; after it the model answers."""
    events = [
        tool_streams.chunk({"role": "assistant", "content": None}),
        tool_streams.call_begins(0, "call_1", "save_file", arguments),
        tool_streams.chunk({}, finish),
    ]

    def behaviour(reply):
        said = any(message["role"] == "assistant" for message in reply.body["messages"])
        (turns("I could not save it.") if said else tool_streams.replay(events))(reply)

    return behaviour


@pytest.mark.parametrize("arguments", UNUSABLE)
def test_arguments_that_are_no_json_or_do_not_fit_are_told_to_the_model(start, work, provider, arguments):
    provider.behave("clumsy", raw_call(arguments))
    _agent, task_id = start("clumsy")

    work()

    (call,) = db.session.scalars(select(ToolCall))
    assert (call.state, call.is_error) == (ToolCallState.DENIED, True)
    assert "The arguments of save_file are not valid" in results_sent(provider.asked("clumsy")[-1])[0]
    assert run_of(task_id).result == "I could not save it."
    assert db.session.scalars(select(TaskAttachment)).all() == []
    assert db.session.scalars(select(HumanRequest)).all() == []


def test_a_call_that_was_cut_off_is_not_executed(start, work, provider):
    provider.behave("cut-call", raw_call('{"name": "tea.md", "text": "# Te', finish="length"))
    _agent, task_id = start("cut-call")

    work()

    assert db.session.scalars(select(ToolCall)).all() == []
    assert db.session.scalars(select(TaskAttachment)).all() == []
    run = run_of(task_id)
    assert run.status == RunStatus.FAILED
    assert run.message


def test_a_tool_whose_source_is_deleted_while_a_person_is_asked_is_told_to_both(ada, start, work, provider):
    tool = a_tool()
    source_id = tool.source_id
    slug = db.session.get_one(ToolSource, source_id).slug
    provider.behave("mails", turns([(f"{slug}__send_mail", {"to": "helen@example.com"})], "I could not send it."))
    agent_id, task_id = start("mails")
    with transaction():
        granted = AgentTool(agent_id=agent_id, tool_id=tool.id, policy=ToolPolicy.ASK, limits={})
        granted.granted_at = run_of(task_id).queued_at
        db.session.add(granted)
    work()
    (request,) = db.session.scalars(select(HumanRequest))
    with transaction():
        db.session.execute(delete(ToolSource).where(ToolSource.id == source_id))

    requests.answer(as_actor(ada), request.id, decision="allow", via="page")
    work()

    (call,) = db.session.scalars(select(ToolCall).execution_options(populate_existing=True))
    assert (call.state, call.is_error) == (ToolCallState.DENIED, True)
    assert f"There is no tool {slug}__send_mail." in results_sent(provider.asked("mails")[-1])[0]
    assert run_of(task_id).result == "I could not send it."
