"""Limits of a run with tools: turns, time in workers, and what another model is sent."""

import sys

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import Agent, AiModel, HumanRequest, Run, RunMessage, TaskAttachment, ToolCall
from helix.models.vocabulary import FailureReason, RunStatus, ToolCallState
from helix.services import requests, runs, settings, tools
from helix.services.runs import Claim, Interrupt, Interrupted, call_execution, tool_calls
from helix.services.runs.conversation import Conversation
from tests.support.agent_turns import turns
from tests.support.people import as_actor

# The package exports functions of the same names.
loop = sys.modules["helix.services.runs.execute"]
retrying = sys.modules["helix.services.runs.retry_on_db_loss"]


@pytest.fixture
def start(ada, make, provider, model_that):
    """Queue a run of an agent whose model takes these turns. Returns the task's id."""

    def _start(name, *wanted, prepare=lambda _task: None):
        provider.behave(name, turns(*wanted))
        model_that(name, supports_tools=True)
        task = make.task("Write about tea", agent=make.agent("Sierra"), by=ada)
        prepare(task)
        runs.start(as_actor(ada), task.id)
        return task.id

    return _start


def run_of(task_id):
    query = select(Run).where(Run.task_id == task_id).order_by(Run.id.desc()).limit(1)
    return db.session.scalars(query.execution_options(populate_existing=True)).one()


def answer_question(ada):
    request = db.session.scalars(select(HumanRequest).where(HumanRequest.state == "open")).one()
    requests.answer(as_actor(ada), request.id, decision="answer", values={"answer": "Green"}, via="api")


QUESTION = [("ask_person", {"question": "Green or black?"})]


def test_last_turn_has_no_tools_and_says_so(start, work, provider, monkeypatch):
    monkeypatch.setattr(loop, "MAX_TURNS", 2)
    task_id = start("talker", [("list_files", {})], "That is all I have.")

    work()

    first, last = provider.asked("talker")
    assert first.body["tools"]
    assert "tools" not in last.body
    assert last.body["messages"][-1] == {"role": "user", "content": loop.LAST_TURN}
    # As text, since some providers refuse calls in a request without tools.
    assert {message["role"] for message in last.body["messages"]} <= {"system", "user", "assistant"}
    assert not any("tool_calls" in message for message in last.body["messages"])
    assert "list_files" in str(last.body["messages"])
    assert (run_of(task_id).status, run_of(task_id).result) == (RunStatus.SUCCEEDED, "That is all I have.")


def test_conversation_is_answered_although_the_model_has_no_tools_any_more(ada, start, work, provider):
    task_id = start("lost-its-tools", [*QUESTION, ("list_files", {})], "It is green.")
    work()
    with transaction():
        db.session.scalars(select(AiModel)).one().supports_tools = False
    answer_question(ada)

    work()

    _first, second = provider.asked("lost-its-tools")
    assert "tools" not in second.body
    assert "Green" in str(second.body["messages"]), "what the person has answered"
    assert second.body["messages"][-1]["content"] == loop.LAST_TURN
    assert (run_of(task_id).status, run_of(task_id).result) == (RunStatus.SUCCEEDED, "It is green.")


def test_time_in_workers_is_counted_over_all_claims_and_ends_the_run(ada, start, work):
    with transaction():
        settings.organization().run_timeout_seconds = 60
    task_id = start("slow-turns", QUESTION, "Done.")
    work()
    assert 0 < run_of(task_id).active_seconds < 60
    with transaction():
        run_of(task_id).active_seconds = 4 * 60
    answer_question(ada)

    work()

    run = run_of(task_id)
    assert (run.status, run.reason) == (RunStatus.FAILED, FailureReason.TIMED_OUT)
    assert "240 seconds" in run.message
    assert db.session.query(Run).count() == 1, "another attempt would have no time, either"


def test_next_attempt_goes_on_counting_time_only_in_the_same_conversation(start, work, app):
    task_id = start("dies", QUESTION, "Done.")
    work()
    with transaction():
        run = run_of(task_id)
        run.status, run.worker, run.active_seconds = RunStatus.RUNNING, "dead", 100
    runs.lost_by("dead")

    assert run_of(task_id).active_seconds == 100
    with transaction():
        run = run_of(task_id)
        run.status, run.worker, run.conversation_id = RunStatus.RUNNING, "dead", None
    runs.lost_by("dead")
    assert run_of(task_id).active_seconds == 0


def test_heartbeat_writes_the_time(start):
    start("beats", "Done.")
    claim = runs.claim("a worker")
    claim = Claim(
        **{name: getattr(claim, name) for name in ("run_id", "fence", "task_id", "board_id", "agent_id")}
        | {"active_before": 50.0}
    )

    runs.beat(claim)

    assert 50 <= db.session.get_one(Run, claim.run_id, populate_existing=True).active_seconds < 60


def test_another_model_gets_the_conversation_without_what_only_the_first_one_knows(
    ada, start, work, provider, make, model_that
):
    task_id = start("first", QUESTION, "Done.")
    work()
    with transaction():
        said = db.session.scalars(select(RunMessage).where(RunMessage.role == "assistant")).one()
        assert said.model == "custom/first"
        said.body = said.body | {"reasoning_content": "secret of the first", "thinking_blocks": []}
        db.session.scalars(select(AiModel)).one().is_default = False
    provider.behave("second", turns(QUESTION, "It is green."))
    model_that("second", supports_tools=True)
    answer_question(ada)

    work()

    (asked,) = provider.asked("second")
    *_prompt, calls, result = asked.body["messages"]
    assert "secret of the first" not in str(asked.body)
    assert [call["id"] for call in calls["tool_calls"]] == [result["tool_call_id"]]
    assert result["tool_call_id"].startswith("call_")
    assert "Green" in result["content"]
    assert run_of(task_id).status == RunStatus.SUCCEEDED


def test_ids_of_calls_are_renamed_only_for_another_model():
    call = {"id": "call_1__thought__c2lnbmF0dXJl", "type": "function", "function": {"name": "a", "arguments": "{}"}}
    bodies = (
        {"role": "user", "content": "Hello"},
        {"role": "assistant", "tool_calls": [call], "reasoning_content": "x"},
        {"role": "tool", "tool_call_id": call["id"], "content": "b"},
    )
    found = Conversation(1, bodies, (None, "gemini/a", None))

    _user, same, result = found.messages("gemini/a")
    assert (same.body, result.tool_call_id) == (bodies[1], call["id"])
    _user, other, result = found.messages("openai/b")
    assert (other.body, other.tool_calls[0].id, result.tool_call_id) == (None, "call_2_0", "call_2_0")


@pytest.mark.parametrize("made_by_agent", [False, True])
def test_files_of_people_count_as_text_of_strangers(start, work, app, ada, made_by_agent):
    def attach(task):
        with transaction():
            agent_run = None
            if made_by_agent:
                agent_run = Run(
                    task_id=task.id,
                    agent_id=db.session.scalars(select(Agent)).one().id,
                    trigger="manual",
                    status=RunStatus.SUCCEEDED,
                    came_from="todo",
                    queued_at=task.created_at,
                )
                db.session.add(agent_run)
                db.session.flush()
            db.session.add(
                TaskAttachment(
                    task_id=task.id,
                    name="notes.txt",
                    file_key=f"notes-{made_by_agent}",
                    content_type="text/plain",
                    size=3,
                    extracted_text="tea",
                    made_by_run_id=agent_run.id if agent_run else None,
                    created_at=task.created_at,
                )
            )
            task.attachment_count = 1

    task_id = start(f"reader-{made_by_agent}", "Done.", prepare=attach)

    work()

    assert run_of(task_id).has_untrusted is not made_by_agent


def test_worker_that_stops_between_two_turns_books_no_call(start, work, provider, monkeypatch):
    task_id = start("stopped", [("list_files", {})], "Done.")
    claim = runs.claim("a worker")
    entered = []

    class Stops:
        """Raises where the second call of the model would begin."""

        def __enter__(self):
            entered.append(len(provider.asked("stopped")))
            if len(provider.asked("stopped")) == 1 and calls_ended():
                raise Interrupted(Interrupt.HANDED_BACK)

        def __exit__(self, *_):
            return None

    def calls_ended():
        return db.session.scalars(select(ToolCall.state)).all() == [ToolCallState.DONE]

    runs.execute(claim, interruptible=Stops)

    run = run_of(task_id)
    before = (run.input_tokens, run.output_tokens)
    assert (run.status, run.reserved_usd) == (RunStatus.QUEUED, 0)
    prompt = [step for step in runs.serialize_steps(run) if step["kind"] == "model_call"]
    assert before == (prompt[0]["input_tokens"], prompt[0]["output_tokens"]), "only the first turn was paid for"
    work()
    assert run_of(task_id).status == RunStatus.SUCCEEDED


def lost_answer(function, times):
    """As `function`, but the database's answer to its first commits is lost: they went through."""
    left = [times]

    def wrapped(*args, **kwargs):
        result = function(*args, **kwargs)
        if left[0]:
            left[0] -= 1
            raise OperationalError("COMMIT", {}, ConnectionError("server closed the connection"))
        return result

    return wrapped


@pytest.mark.parametrize(
    ("module", "name"),
    [(loop, "_store_turn"), (call_execution, "_begin"), (tool_calls, "_store_results")],
    ids=["turn", "begin", "results"],
)
def test_commit_whose_answer_was_lost_is_not_repeated(start, work, monkeypatch, module, name):
    monkeypatch.setattr(retrying, "FIRST_WAIT_SECONDS", 0.01)
    monkeypatch.setattr(module, name, lost_answer(getattr(module, name), 1))
    monkeypatch.setattr(tools, "is_transactional", lambda tool: tool == "save_file")
    calls = [("list_files", {}), ("save_file", {"name": "tea.md", "text": "# Tea"})]
    task_id = start(f"lost-{name}", calls, "Done.")

    work()

    run = run_of(task_id)
    assert (run.status, run.turn_count, run.tool_call_count) == (RunStatus.SUCCEEDED, 1, 2)
    assert db.session.query(TaskAttachment).count() == 1
    listed = db.session.scalars(select(ToolCall).where(ToolCall.name == "list_files")).one()
    assert (listed.tries, listed.state) == (1, ToolCallState.DONE)
