"""A run of an agent with tools: turns, decisions, people's answers, and going on after a worker was lost.

The model is a real litellm against the test server; the worker is `work` in this process.
"""

import pytest
from sqlalchemy import select

from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import AgentTool, HumanRequest, Run, TaskAttachment, Tool, ToolCall
from helix.models.vocabulary import RunStatus, TaskStatus, ToolCallState, ToolPolicy, ToolStatus
from helix.services import requests, runs, settings, tasks, tools
from helix.services.runs.finish import FREE_LOSSES
from tests.support.agent_turns import results_sent, turns
from tests.support.people import as_actor


@pytest.fixture
def agent_that(make, provider, model_that):
    """An agent whose model takes these turns: `agent_that("clerk", [("list_files", {})], "Done.")`."""

    def _agent_that(name, *wanted):
        provider.behave(name, turns(*wanted))
        model_that(name, supports_tools=True)
        return make.agent("Sierra")

    return _agent_that


@pytest.fixture
def start(ada, make):
    """Queue a run of a new task for the agent. Returns the task's id."""

    def _start(agent, **fields):
        task = make.task("Write about tea", agent=agent, by=ada, **fields)
        runs.start(as_actor(ada), task.id)
        return task.id

    return _start


def grant(agent, name, policy):
    tool = db.session.scalars(select(Tool).where(Tool.name == name)).one()
    with transaction():
        db.session.add(
            AgentTool(agent_id=agent.id, tool_id=tool.id, policy=policy, granted_at=agent.created_at, limits={})
        )


def run_of(task_id):
    query = select(Run).where(Run.task_id == task_id).order_by(Run.id.desc()).limit(1)
    return db.session.scalars(query.execution_options(populate_existing=True)).one()


def calls():
    query = select(ToolCall).order_by(ToolCall.id)
    return list(db.session.scalars(query.execution_options(populate_existing=True)))


def open_request():
    query = select(HumanRequest).where(HumanRequest.state == "open")
    return db.session.scalars(query.execution_options(populate_existing=True)).one()


def test_run_calls_a_tool_and_answers_with_its_result(ada, agent_that, start, work, provider):
    agent = agent_that("writer", [("save_file", {"name": "tea.md", "text": "# Tea"})], "Saved as tea.md.")
    task_id = start(agent)

    work()

    run = run_of(task_id)
    assert run.status == RunStatus.SUCCEEDED
    assert (run.turn_count, run.tool_call_count) == (1, 1)
    file = db.session.scalars(select(TaskAttachment)).one()
    assert (file.name, file.made_by_run_id) == ("tea.md", run.id)
    task = tasks.get(as_actor(ada), task_id)
    assert (task.status, task.result) == (TaskStatus.REVIEW, "Saved as tea.md.")
    first, second = provider.asked("writer")[-2:]
    assert "save_file" in {tool["function"]["name"] for tool in first.body["tools"]}
    assert "tea.md" in results_sent(second)[0]
    assert second.body["messages"][: len(first.body["messages"])] == first.body["messages"]


def test_model_that_is_not_known_to_call_tools_is_offered_none(make, provider, model_that, start, work):
    model_that("ok")
    start(make.agent())

    work()

    assert "tools" not in provider.asked("ok")[-1].body


def test_several_calls_of_one_turn_are_answered_in_their_order(agent_that, start, work, provider):
    wanted = [("list_files", {}), ("read_task", {}), ("no_such_tool", {"x": 1})]
    start(agent_that("three", wanted, "Done."))

    work()

    listed, read, unknown = results_sent(provider.asked("three")[-1])
    assert "Write about tea" in read
    assert "There is no tool no_such_tool." in unknown
    assert [call.state for call in calls()] == [ToolCallState.DONE, ToolCallState.DONE, ToolCallState.DENIED]
    assert listed != read


def test_invalid_arguments_are_told_to_the_model_and_nothing_happens(agent_that, start, work, provider):
    task_id = start(agent_that("clumsy", [("save_file", {"name": "tea.md"})], "I could not save it."))

    work()

    assert run_of(task_id).status == RunStatus.SUCCEEDED
    assert "text" in results_sent(provider.asked("clumsy")[-1])[0]
    assert not db.session.scalars(select(TaskAttachment)).all()


def test_tool_that_is_off_is_not_offered_and_denied(agent_that, start, work, provider):
    agent = agent_that("stubborn", [("save_file", {"name": "a.md", "text": "a"})], "Done.")
    grant(agent, "save_file", ToolPolicy.OFF)
    start(agent)

    work()

    assert "save_file" not in {tool["function"]["name"] for tool in provider.asked("stubborn")[-1].body["tools"]}
    assert calls()[0].state == ToolCallState.DENIED


def test_a_question_longer_than_a_title_is_asked_in_full(agent_that, start, work):
    question = "Green or black?" + " Helen drinks both." * 20
    start(agent_that("verbose", [("ask_person", {"question": question})], "Done."))

    work()

    request = open_request()
    assert question.startswith(request.title)
    assert request.body == question


def test_question_waits_for_a_person_and_goes_on_with_the_answer(ada, agent_that, start, work, provider):
    question = [("ask_person", {"question": "Green or black?", "options": ["Green", "Black"]})]
    task_id = start(agent_that("curious", question, "It is about green tea."))

    work()

    waiting = run_of(task_id)
    assert waiting.status == RunStatus.WAITING
    assert (waiting.worker, waiting.heartbeat_at, waiting.reserved_usd) == (None, None, 0)
    assert tasks.get(as_actor(ada), task_id).status == TaskStatus.IN_PROGRESS
    assert runs.claim("another worker") is None

    requests.answer(as_actor(ada), open_request().id, decision="answer", values={"answer": "Green"}, via="page")
    assert run_of(task_id).status == RunStatus.QUEUED
    work("a worker on another host")

    assert run_of(task_id).status == RunStatus.SUCCEEDED
    assert "Green" in results_sent(provider.asked("curious")[-1])[0]
    assert len(provider.asked("curious")) == 2


def test_trace_has_the_question_and_its_answer(ada, agent_that, start, work):
    question = [("ask_person", {"question": "Green or black?"}), ("list_files", {})]
    task_id = start(agent_that("traced", question, "It is about green tea."))
    work()
    requests.answer(as_actor(ada), open_request().id, decision="answer", values={"answer": "Green"}, via="page")
    work()

    steps = [step for step in runs.serialize_steps(run_of(task_id)) if step["kind"].startswith("tool_")]
    shown = {step["title"]: step for step in steps}
    assert len(steps) == len(shown) == 4
    assert shown["ask_person"]["details"]["because"] == "Ada answered."
    assert "Green or black?" in shown["ask_person"]["content"]
    assert shown["Result of ask_person"]["content"] == "Green"


@pytest.mark.parametrize("late", [False, True], ids=["before the question", "after it"])
def test_result_that_comes_after_the_worker_was_given_up_is_shown_to_the_person(ada, agent_that, start, work, late):
    agent = agent_that(f"late-{late}", [("web_fetch", {"url": "https://example.com/"})], "Done.")
    grant(agent, "web_fetch", ToolPolicy.ALLOW)
    task_id = start(agent, description="See https://example.com/")
    with transaction():
        db.session.scalars(select(Tool).where(Tool.name == "web_fetch")).one().repeatable = False

    def given_up(*_args, **_kwargs):
        runs.lost_by("a slow worker")
        if late:
            work("another worker")
        return tools.ToolResult("It was sent.")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(tools, "run_builtin", given_up)
        work("a slow worker")
    if not late:
        work("another worker")

    assert run_of(task_id).status == RunStatus.WAITING
    assert "It was sent." in open_request().body


def test_call_that_asks_is_executed_once_a_person_allows_it(ada, agent_that, start, work):
    agent = agent_that("careful", [("add_comment", {"text": "Tea is ready."})], "Done.")
    task_id = start(agent)

    work()
    assert not tasks.get(as_actor(ada), task_id).comment_count
    requests.answer(as_actor(ada), open_request().id, decision="allow", via="page")
    work()

    assert tasks.get(as_actor(ada), task_id).comment_count == 1
    assert run_of(task_id).status == RunStatus.SUCCEEDED


def test_denied_call_is_told_to_the_model_with_the_note(ada, agent_that, start, work, provider):
    task_id = start(agent_that("refused", [("add_comment", {"text": "Tea is ready."})], "I did not comment."))

    work()
    requests.answer(as_actor(ada), open_request().id, decision="deny", note="Not yet.", via="page")
    work()

    assert "Not yet." in results_sent(provider.asked("refused")[-1])[0]
    assert tasks.get(as_actor(ada), task_id).comment_count == 0


def change_tool(name, **facts):
    with transaction():
        tool = db.session.scalars(select(Tool).where(Tool.name == name)).one()
        for column, value in facts.items():
            setattr(tool, column, value)


def test_allowed_call_is_refused_when_its_tool_has_changed_since(ada, agent_that, start, work, provider):
    task_id = start(agent_that("outdated", [("add_comment", {"text": "Tea is ready."})], "I did not comment."))
    work()
    requests.answer(as_actor(ada), open_request().id, decision="allow", via="page")

    change_tool("add_comment", status=ToolStatus.CHANGED)
    work()

    assert tasks.get(as_actor(ada), task_id).comment_count == 0
    assert calls()[0].state == ToolCallState.DENIED
    assert "an admin has to accept it first" in results_sent(provider.asked("outdated")[-1])[0]


def test_allowed_call_is_asked_about_again_when_another_definition_is_in_force(ada, agent_that, start, work):
    task_id = start(agent_that("redefined", [("add_comment", {"text": "Tea is ready."})], "Done."))
    work()
    first = open_request()
    requests.answer(as_actor(ada), first.id, decision="allow", via="page")

    change_tool("add_comment", definition_hash="0" * 64)
    work()

    assert open_request().id != first.id
    requests.answer(as_actor(ada), open_request().id, decision="allow", via="page")
    work()
    assert tasks.get(as_actor(ada), task_id).comment_count == 1


def test_arguments_of_a_person_are_judged_by_the_limits_of_the_grant(ada, agent_that, start, work, provider):
    agent = agent_that("redirected", [("web_fetch", {"url": "https://example.com/"})], "I read nothing.")
    grant(agent, "web_fetch", ToolPolicy.ASK)
    with transaction():
        db.session.scalars(select(AgentTool)).one().limits = {"hosts": ["example.com"]}
    start(agent)
    work()

    arguments = {"url": "https://example.org/"}
    requests.answer(as_actor(ada), open_request().id, decision="allow", arguments=arguments, via="page")
    work()

    assert "may not send to example.org" in results_sent(provider.asked("redirected")[-1])[0]


def test_permission_for_the_run_covers_the_next_call(ada, agent_that, start, work):
    comments = [[("add_comment", {"text": f"Number {number}"})] for number in range(2)]
    task_id = start(agent_that("chatty", *comments, "Done."))

    work()
    requests.answer(as_actor(ada), open_request().id, decision="allow", scope="run", via="page")
    work()

    assert tasks.get(as_actor(ada), task_id).comment_count == 2
    assert run_of(task_id).status == RunStatus.SUCCEEDED


def test_cancel_ends_a_waiting_run(ada, agent_that, start, work):
    task_id = start(agent_that("cancelled", [("ask_person", {"question": "Green or black?"})], "Done."))
    work()
    request = open_request()

    runs.cancel(as_actor(ada), task_id)

    assert run_of(task_id).status == RunStatus.CANCELLED
    db.session.refresh(request)
    assert request.state == "withdrawn"


def test_call_is_repeated_without_end_and_stopped(agent_that, start, work, provider):
    task_id = start(agent_that("loop", [("list_files", {})]))

    work()

    run = run_of(task_id)
    assert (run.status, run.reason) == (RunStatus.FAILED, "no_progress")
    assert len(calls()) == 4
    assert "same result" in results_sent(provider.asked("loop")[-1])[-1]


def test_second_attempt_continues_the_conversation(agent_that, start, work, provider, app):
    """The worker dies after the turn was stored and before the call was executed."""
    agent = agent_that("durable", [("save_file", {"name": "tea.md", "text": "# Tea"})], "Done.")
    task_id = start(agent)

    def die(*_args, **_kwargs):
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("helix.services.runs.tool_calls.progress", die)
        with pytest.raises(KeyboardInterrupt):
            work("a worker that dies")
    db.session.remove()
    runs.lost_by("a worker that dies")
    work()

    assert run_of(task_id).status == RunStatus.SUCCEEDED
    assert [call.state for call in calls()] == [ToolCallState.DONE]
    assert len(db.session.scalars(select(TaskAttachment)).all()) == 1
    assert len(provider.asked("durable")) == 2


def test_call_that_may_have_taken_effect_is_asked_about(ada, agent_that, start, work, provider):
    """The worker dies within a call that is neither repeatable nor part of our database."""
    agent = agent_that("unlucky", [("web_fetch", {"url": "https://example.com/"})], "Done.")
    grant(agent, "web_fetch", ToolPolicy.ALLOW)
    task_id = start(agent, description="See https://example.com/")
    actor = as_actor(ada)
    with transaction():
        db.session.scalars(select(Tool).where(Tool.name == "web_fetch")).one().repeatable = False

    def die(*_args, **_kwargs):
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(tools, "run_builtin", die)
        with pytest.raises(KeyboardInterrupt):
            work("a worker that dies")
    db.session.remove()
    runs.lost_by("a worker that dies")
    work()

    assert run_of(task_id).status == RunStatus.WAITING
    assert calls()[0].state == ToolCallState.UNCERTAIN
    answer = {"outcome": "done", "text": "I saw the page."}
    requests.answer(actor, open_request().id, decision="answer", values=answer, via="page")
    work()
    assert run_of(task_id).status == RunStatus.SUCCEEDED
    assert "I saw the page." in results_sent(provider.asked("unlucky")[-1])[0]


def test_call_that_may_have_taken_effect_is_asked_about_also_after_the_last_attempt(
    ada, agent_that, start, work, provider
):
    agent = agent_that("exhausted", [("web_fetch", {"url": "https://example.com/"})], "Done.")
    grant(agent, "web_fetch", ToolPolicy.ALLOW)
    task_id = start(agent, description="See https://example.com/")
    actor = as_actor(ada)
    change_tool("web_fetch", repeatable=False)
    with transaction():
        run = run_of(task_id)
        run.losses, run.attempt = FREE_LOSSES, settings.organization().max_run_attempts

    def die(*_args, **_kwargs):
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(tools, "run_builtin", die)
        with pytest.raises(KeyboardInterrupt):
            work("a worker that dies")
    db.session.remove()
    runs.lost_by("a worker that dies")

    assert run_of(task_id).status == RunStatus.WAITING
    assert tasks.get(actor, task_id).status == TaskStatus.IN_PROGRESS
    requests.answer(
        actor, open_request().id, decision="answer", values={"outcome": "done", "text": "I saw it."}, via="page"
    )
    work()
    assert run_of(task_id).status == RunStatus.SUCCEEDED
    assert "I saw it." in results_sent(provider.asked("exhausted")[-1])[0]


@pytest.mark.parametrize("decision", ["allow", "deny"])
def test_money_of_the_run_is_asked_for_and_goes_on_or_fails(ada, agent_that, start, work, decision):
    agent = agent_that("spender", [("list_files", {})], "Done.")
    task_id = start(agent)
    with transaction():
        settings.organization().max_run_usd = 0

    work()
    assert run_of(task_id).status == RunStatus.WAITING
    values = {"usd": 1} if decision == "allow" else None
    requests.answer(as_actor(ada), open_request().id, decision=decision, values=values, via="page")
    work()

    run = run_of(task_id)
    assert (run.status, run.reason) == (
        (RunStatus.SUCCEEDED, None) if decision == "allow" else (RunStatus.FAILED, "budget_exhausted")
    )
