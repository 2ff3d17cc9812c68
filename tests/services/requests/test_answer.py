"""What an answer does to the request, the call and the run, and which answers are refused."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal

import pytest

from helix import clock
from helix.db.transaction import transaction
from helix.errors import Conflict, Forbidden, Invalid, NotFound
from helix.extensions import db
from helix.models import Activity, AgentTool, HumanRequest, Notification, Run, Task, ToolCall
from helix.models.vocabulary import (
    AnswerScope,
    BoardLevel,
    RequestKind,
    RequestState,
    RunStatus,
    TaskStatus,
    ToolCallState,
    ToolPolicy,
)
from helix.policies.actor import agent_actor
from helix.services import requests, tasks
from helix.services.work import cancelling
from tests.support.people import as_actor
from tests.support.requests import a_call, a_question, a_run, a_tool, an_approval, ask, call_of, run_of


@pytest.fixture
def wakes(monkeypatch):
    """How often a worker was woken."""
    from helix import queue

    seen = []
    monkeypatch.setattr(queue, "wake", lambda *_: seen.append(1))
    return seen


@pytest.fixture
def task(make, mia):
    return make.task("Invoice for Helen", by=mia, agent=make.agent("Sierra"))


@pytest.fixture
def agent(task):
    return task.assigned_agent


def say(user, request, **wanted):
    return requests.answer(as_actor(user), request.id, **({"decision": "allow", "via": "page"} | wanted))


def problems(caught):
    return {tuple(one["loc"]): one["msg"] for one in caught.value.problems}


class TestEffects:
    def test_allowing_a_call_queues_its_run_at_once(self, task, agent, mia, wakes):
        request = an_approval(task, agent)
        assert (call_of(request).state, wakes) == (ToolCallState.WAITING, [])

        answered = say(mia, request)

        run, call = run_of(request), call_of(request)
        assert (answered.state, answered.answered_by_user_id) == (RequestState.ANSWERED, mia.id)
        assert (answered.answered_via, answered.scope) == ("page", AnswerScope.ONCE)
        assert (call.state, call.edited_arguments, call.decided_because) == (
            ToolCallState.APPROVED,
            None,
            "Mia allowed it.",
        )
        assert (run.status, run.resumed_at is not None, wakes) == (RunStatus.QUEUED, True, [1])

    def test_denying_tells_the_model_and_adds_the_note(self, task, agent, mia):
        request = an_approval(task, agent)

        say(mia, request, decision="deny", note="  Helen has\r\nleft.\x07 ")

        call = call_of(request)
        assert (call.state, call.is_error) == (ToolCallState.DENIED, True)
        assert call.result == "A person denied this call.\n\nHelen has\nleft."
        assert run_of(request).status == RunStatus.QUEUED

    def test_the_answer_of_a_question_is_the_result_of_its_call(self, task, agent, mia):
        request = a_question(task, agent, options=["Slate", "Sage"])

        say(mia, request, decision="answer", values={"answer": "Neither: \x00rust"})

        call = call_of(request)
        assert (call.state, call.result, call.is_error) == (ToolCallState.DONE, "Neither: rust", False)

    def test_the_answer_of_a_question_of_the_server_goes_to_the_server(self, task, agent, mia):
        run = a_run(task, agent)
        call = a_call(run, a_tool(), server_state={"state": "s1"})
        request = ask(run, call, kind=RequestKind.QUESTION, title="Which size?", asked_by_server=True)

        say(mia, request, decision="answer", values={"answer": "Large"})

        answer = {"action": "accept", "content": {"answer": "Large"}}
        assert (call_of(request).state, call_of(request).result) == (ToolCallState.APPROVED, None)
        assert call_of(request).server_state == {"state": "s1", "answer": answer}

    def test_the_answer_of_an_agents_question_ends_a_call_in_which_the_server_has_asked_before(self, task, agent, mia):
        run = a_run(task, agent)
        call = a_call(run, a_tool(), server_state={"state": "s1"})
        request = ask(run, call, kind=RequestKind.QUESTION, title="Which size?")

        say(mia, request, decision="answer", values={"answer": "Large"})

        assert (call_of(request).state, call_of(request).result) == (ToolCallState.DONE, "Large")
        assert call_of(request).server_state == {"state": "s1"}

    def test_answers_of_a_schema_are_handed_over_as_json(self, task, agent, mia):
        schema = {"type": "object", "properties": {"copies": {"type": "integer"}, "gift": {"type": "boolean"}}}
        request = a_question(task, agent, schema=schema)

        say(mia, request, decision="answer", values={"copies": 2, "gift": True})

        assert call_of(request).result == '{"copies": 2, "gift": true}'

    def test_changed_arguments_replace_those_of_the_model(self, task, agent, mia):
        request = an_approval(task, agent)

        say(mia, request, arguments={"to": "helen@larkmoor.example", "copies": 2})

        call = call_of(request)
        assert call.arguments == {"to": "helen@example.com"}
        assert call.edited_arguments == {"to": "helen@larkmoor.example", "copies": 2}
        assert call.decided_because == "Mia allowed it, with other arguments."

    def test_the_same_arguments_are_no_change(self, task, agent, mia):
        request = an_approval(task, agent)

        say(mia, request, arguments={"to": "helen@example.com"})

        assert call_of(request).edited_arguments is None

    def test_always_is_kept_with_who_and_when(self, task, agent, mia):
        request = an_approval(task, agent)
        tool_id = call_of(request).tool_id

        say(mia, request, scope="always")

        grant = db.session.get_one(AgentTool, (agent.id, tool_id))
        assert (grant.always_by_user_id, grant.policy) == (mia.id, ToolPolicy.ASK)
        assert grant.always_at is not None

    def test_always_leaves_an_existing_grant_as_it_is(self, task, agent, mia, ada):
        request = an_approval(task, agent)
        tool_id, ada_id = call_of(request).tool_id, ada.id
        with transaction():
            grant = AgentTool(
                agent_id=agent.id,
                tool_id=tool_id,
                policy=ToolPolicy.ASK,
                limits={"per_day": 3},
                granted_by_user_id=ada_id,
                granted_at=clock.now(),
            )
            db.session.add(grant)

        say(mia, request, scope="always")

        kept = db.session.get_one(AgentTool, (agent.id, tool_id), populate_existing=True)
        assert (kept.limits, kept.granted_by_user_id, kept.always_by_user_id) == ({"per_day": 3}, ada_id, mia.id)

    def test_this_run_holds_for_its_later_attempts_and_no_other_run(self, make, task, agent, mia):
        request = an_approval(task, agent)
        tool_id = call_of(request).tool_id

        say(mia, request, scope="run")

        with transaction():
            db.session.get_one(Run, request.run_id).status = RunStatus.FAILED
        later = a_run(task, agent, conversation_id=run_of(request).conversation_id)
        other = a_run(make.task(by=mia, agent=agent), agent)
        assert requests.allowed_for_run(request.run_id, tool_id)
        assert requests.allowed_for_run(later.id, tool_id)
        assert not requests.allowed_for_run(later.id, a_tool().id)
        assert not requests.allowed_for_run(other.id, tool_id)
        assert db.session.query(AgentTool).count() == 0

    @pytest.mark.parametrize(
        ("values", "state", "result"),
        [
            ({"outcome": "done", "text": "Sent at noon."}, ToolCallState.DONE, "Sent at noon."),
            ({"outcome": "done"}, ToolCallState.DONE, "A person says that it was done."),
            ({"outcome": "again"}, ToolCallState.PLANNED, None),
            (
                {"outcome": "skip", "text": "Too late."},
                ToolCallState.SKIPPED,
                "It is not known whether this took effect.",
            ),
        ],
    )
    def test_an_uncertain_call_is_done_repeated_or_skipped(self, task, agent, mia, values, state, result):
        run = a_run(task, agent)
        call = a_call(run, a_tool(), state=ToolCallState.STARTED, tries=1)
        request = ask(run, call, kind=RequestKind.UNCERTAIN, title="Was it sent?")
        assert call_of(request).state == ToolCallState.UNCERTAIN

        say(mia, request, decision="answer", values=values)

        call = call_of(request)
        assert (call.state, call.tries) == (state, 1)
        assert call.result is None if result is None else call.result.startswith(result)
        assert ("Too late." in (call.result or "")) == (values.get("text") == "Too late.")

    def test_granted_money_adds_up_over_the_conversation(self, task, agent, ada):
        run = a_run(task, agent)
        first = ask(run, kind=RequestKind.BUDGET, title="Another 0.50?")
        say(ada, first, values={"usd": 0.5})
        second = ask(run, kind=RequestKind.BUDGET, title="Another 0.25?")
        say(ada, second, values={"usd": 0.25})

        assert requests.extra_usd(run.id) == Decimal("0.75")
        assert not requests.is_budget_denied(run.id)

        say(ada, ask(run, kind=RequestKind.BUDGET, title="More?"), decision="deny")

        assert requests.extra_usd(run.id) == Decimal("0.75")
        assert requests.is_budget_denied(run.id)

    def test_a_run_goes_on_with_its_last_open_request(self, task, agent, mia, wakes):
        run = a_run(task, agent)
        first, second = (ask(run, a_call(run, a_tool())) for _ in range(2))

        say(mia, first)
        assert (run_of(first).status, wakes) == (RunStatus.WAITING, [])
        say(mia, second, decision="deny")

        assert (run_of(first).status, wakes) == (RunStatus.QUEUED, [1])

    def test_an_answer_before_the_run_has_stopped_leaves_it_running(self, task, agent, mia, wakes):
        run = a_run(task, agent, RunStatus.RUNNING)
        request = ask(run, a_call(run, a_tool()))

        say(mia, request)

        assert (run_of(request).status, wakes) == (RunStatus.RUNNING, [])
        assert call_of(request).state == ToolCallState.APPROVED

    def test_an_answer_after_the_worker_was_lost_resumes_the_next_attempt(self, task, agent, mia):
        run = a_run(task, agent, RunStatus.RUNNING)
        request = ask(run, a_call(run, a_tool()))
        with transaction():
            lost = db.session.get_one(Run, run.id)
            lost.status, lost.finished_at = RunStatus.FAILED, clock.now()
        following = a_run(task, agent, conversation_id=run.conversation_id, retry_of=run.id)

        say(mia, request)

        assert db.session.get_one(Run, following.id, populate_existing=True).status == RunStatus.QUEUED
        assert run_of(request).status == RunStatus.FAILED

    def test_the_activity_names_the_person_and_not_what_was_said(self, task, agent, mia):
        request = a_question(task, agent)

        say(mia, request, decision="answer", values={"answer": "The password is tulip"})

        asked, answered = (
            db.session.query(Activity).filter_by(action=action).one()
            for action in ("request.asked", "request.answered")
        )
        assert (asked.actor_name, asked.details["title"]) == ("Sierra", "Which colour?")
        assert (answered.actor_name, answered.entity_id, answered.details["run_id"]) == ("Mia", task.id, request.run_id)
        assert "tulip" not in str(answered.details)


class TestRefusals:
    def test_a_second_answer_names_the_first(self, task, agent, mia, ada):
        request = an_approval(task, agent)
        say(mia, request)

        with pytest.raises(Conflict, match=r"Mia answered this on \d{4}-\d\d-\d\d at \d\d:\d\d \(UTC\)\.") as caught:
            say(ada, request, decision="deny")

        assert caught.value.extra["answered_by"] == "Mia"
        assert call_of(request).state == ToolCallState.APPROVED

    def test_of_two_answers_at_once_one_counts(self, clean_app, task, agent, mia, ada):
        request_id = an_approval(task, agent).id
        actors = [as_actor(user) for user in (mia, ada)] * 3
        db.session.remove()

        def one(numbered):
            number, actor = numbered
            with clean_app.app_context():
                try:
                    decision = "deny" if number % 2 else "allow"
                    requests.answer(actor, request_id, decision=decision, note=str(number), via="api")
                    return number
                except Conflict as refusal:
                    return refusal.message

        with ThreadPoolExecutor(6) as threads:
            outcomes = list(threads.map(one, enumerate(actors)))

        request = db.session.get_one(HumanRequest, request_id)
        winners = [outcome for outcome in outcomes if isinstance(outcome, int)]
        assert [request.note] == [str(number) for number in winners]
        assert all("answered this on" in outcome for outcome in outcomes if isinstance(outcome, str))
        assert db.session.query(Activity).filter_by(action="request.answered").count() == 1
        wanted = ToolCallState.DENIED if request.decision == "deny" else ToolCallState.APPROVED
        assert call_of(request).state == wanted

    def test_an_answer_and_a_cancellation_at_once_do_not_block_each_other(self, clean_app, task, agent, mia):
        request_id, task_id, actor = an_approval(task, agent).id, task.id, as_actor(mia)
        db.session.remove()

        def attempt(action):
            with clean_app.app_context():
                try:
                    return action()
                except Conflict as refusal:
                    return refusal.message

        with ThreadPoolExecutor(2) as threads:
            list(
                threads.map(
                    attempt,
                    [
                        lambda: requests.answer(actor, request_id, decision="allow", via="api").id,
                        lambda: cancelling.cancel(actor, task_id).id,
                    ],
                )
            )

        request = db.session.get_one(HumanRequest, request_id)
        assert run_of(request).status == RunStatus.CANCELLED
        assert request.state in (RequestState.ANSWERED, RequestState.WITHDRAWN)

    def test_an_expired_request_takes_no_answer_even_before_the_sweeper_has_seen_it(self, task, agent, mia):
        request = an_approval(task, agent, expires_at=clock.now() - timedelta(seconds=1))

        with pytest.raises(Conflict, match="This request expired on"):
            say(mia, request)

        requests.expire_due()
        with pytest.raises(Conflict, match="This request expired on"):
            say(mia, request)
        assert call_of(request).state == ToolCallState.DENIED

    def test_a_closed_run_takes_no_answer(self, task, agent, mia):
        request = an_approval(task, agent)
        with transaction():
            run = db.session.get_one(Run, request.run_id)
            run.status, run.finished_at = RunStatus.FAILED, clock.now()

        with pytest.raises(Conflict, match="has ended"):
            say(mia, request)

        assert db.session.get_one(HumanRequest, request.id, populate_existing=True).state == RequestState.OPEN

    def test_a_stranger_finds_nothing(self, make, mia, noah):
        board, agent = make.board(), make.agent()
        make.grant(noah, board, BoardLevel.NONE)
        request = an_approval(make.task(by=mia, board=board, agent=agent), agent)

        with pytest.raises(NotFound, match="There is no such request"):
            say(noah, request)
        with pytest.raises(NotFound, match="There is no such request"):
            requests.answer(as_actor(mia), 999_999, decision="allow", via="api")

    def test_money_takes_managing_the_board(self, make, mia, noah):
        board, agent = make.board(), make.agent()
        make.grant(noah, board, BoardLevel.MANAGE)
        run = a_run(make.task(by=mia, board=board, agent=agent), agent)
        request = ask(run, kind=RequestKind.BUDGET, title="Another 0.50?")

        with pytest.raises(Forbidden, match="managing its board"):
            say(mia, request, values={"usd": 1})
        say(noah, request, values={"usd": 1})

        assert requests.extra_usd(run.id) == 1

    def test_a_person_with_another_ones_task_may_not_answer(self, make, mia, noah):
        agent = make.agent()
        request = an_approval(make.task(by=mia, agent=agent), agent)

        with pytest.raises(Forbidden, match="somebody else's"):
            say(noah, request)

    def test_an_agent_does_not_allow_its_own_calls(self, task, agent):
        request = an_approval(task, agent)

        with pytest.raises(NotFound):
            requests.answer(agent_actor(agent.id, agent.name), request.id, decision="allow", via="api")

    def test_a_deleted_task_has_no_requests(self, task, agent, mia):
        request = an_approval(task, agent)
        tasks.delete(as_actor(mia), task.id)

        with pytest.raises(NotFound):
            say(mia, request)

        withdrawn = db.session.get_one(HumanRequest, request.id, populate_existing=True)
        assert withdrawn.state == RequestState.WITHDRAWN

    @pytest.mark.parametrize(
        ("wanted", "place"),
        [
            ({"decision": "answer"}, ("decision",)),
            ({"decision": "perhaps"}, ("decision",)),
            ({"scope": "forever"}, ("scope",)),
            ({"scope": "always"}, ("scope",)),
            ({"decision": "deny", "scope": "run"}, ("scope",)),
            ({"values": {"answer": "yes"}}, ("values", "answer")),
            ({"decision": "deny", "values": {"answer": "no"}}, ("values",)),
            ({"decision": "deny", "arguments": {"to": "x"}}, ("arguments",)),
            ({"arguments": {}}, ("arguments", "to")),
            ({"arguments": {"to": 7}}, ("arguments", "to")),
            ({"arguments": {"to": "x", "copies": 0}}, ("arguments", "copies")),
            ({"arguments": {"to": "x", "bcc": "y"}}, ("arguments", "bcc")),
            ({"note": "x" * 20_001}, ("note",)),
        ],
    )
    def test_what_does_not_fit_is_refused_by_field_and_changes_nothing(self, task, agent, mia, wanted, place):
        request = an_approval(task, agent, scopes=["once", "run"])

        with pytest.raises(Invalid) as caught:
            say(mia, request, **wanted)

        assert place in problems(caught)
        unchanged = db.session.get_one(HumanRequest, request.id, populate_existing=True)
        assert (unchanged.state, call_of(request).state) == (RequestState.OPEN, ToolCallState.WAITING)

    def test_values_are_checked_against_the_schema_of_the_request(self, task, agent, mia):
        schema = {
            "type": "object",
            "properties": {
                "size": {"enum": ["S", "M"]},
                "copies": {"type": "integer", "minimum": 1},
                "name": {"type": "string", "maxLength": 3},
                "tags": {"type": "array", "items": {"enum": ["a", "b"]}},
            },
            "required": ["size", "copies"],
        }
        request = a_question(task, agent, schema=schema)

        with pytest.raises(Invalid) as caught:
            say(mia, request, decision="answer", values={"copies": "many", "name": "longer", "tags": ["a", "z"]})

        assert problems(caught) == {
            ("values", "size"): "Fill this in.",
            ("values", "copies"): "This must be a whole number.",
            ("values", "name"): "Give at most 3 characters.",
            ("values", "tags", 1): "Choose one of: a, b.",
        }

    def test_a_schema_that_points_elsewhere_is_not_fetched(self, task, agent, mia, httpserver):
        httpserver.expect_request("/schema").respond_with_json({})
        request = a_question(task, agent, schema={"$ref": httpserver.url_for("/schema")})

        with pytest.raises(Conflict, match="JSON schema is broken"):
            say(mia, request, decision="answer", values={"answer": "x"})

        assert httpserver.log == []

    def test_a_pattern_that_backtracks_keeps_nobody_busy(self, task, agent, mia):
        evil = "^(a+)+$"
        schema = {
            "type": "object",
            "properties": {
                "answer": {"type": "string", "pattern": evil},
                "draft": {"$schema": "http://json-schema.org/draft-07/schema#", "type": "string", "pattern": evil},
            },
            "patternProperties": {evil: {"type": "string"}},
            "propertyNames": {"pattern": evil},
            "additionalProperties": False,
            "unevaluatedProperties": False,
        }
        request = a_question(task, agent, schema=schema)
        text = "a" * 50 + "!"
        values = {"answer": text, "draft": text, text: "x"}

        began = time.monotonic()
        say(mia, request, decision="answer", values=values)

        assert time.monotonic() - began < 5
        assert call_of(request).state == ToolCallState.DONE


class TestManyAtOnce:
    def test_each_answer_has_an_outcome_of_its_own(self, make, mia, noah):
        agent = make.agent()
        mine = [an_approval(make.task(by=mia, agent=agent), agent) for _ in range(2)]
        others = an_approval(make.task(by=noah, agent=agent), agent)
        answers = [requests.Answer(one.id, "allow") for one in [mine[0], others, mine[1], mine[0]]]

        outcomes = requests.answer_many(as_actor(mia), answers, via="api")

        assert [type(outcome.error) for outcome in outcomes] == [type(None), Forbidden, type(None), Conflict]
        assert [call_of(one).state for one in [*mine, others]] == [
            ToolCallState.APPROVED,
            ToolCallState.APPROVED,
            ToolCallState.WAITING,
        ]


class TestEndOfRuns:
    def test_cancelling_closes_a_waiting_run_with_its_requests(self, task, agent, mia):
        request = an_approval(task, agent)

        cancelling.cancel(as_actor(mia), task.id)

        withdrawn = db.session.get_one(HumanRequest, request.id, populate_existing=True)
        assert (withdrawn.state, run_of(request).status) == (RequestState.WITHDRAWN, RunStatus.CANCELLED)
        assert call_of(request).state == ToolCallState.SKIPPED
        assert db.session.get_one(Task, task.id).status == TaskStatus.TODO
        assert db.session.query(Notification).filter_by(read=False).count() == 0
        with pytest.raises(Conflict, match="has ended"):
            say(mia, request)

    def test_withdrawing_leaves_calls_alone_that_wait_for_nobody(self, task, agent, mia):
        request = an_approval(task, agent)
        done = a_call(run_of(request), state=ToolCallState.DONE)

        cancelling.cancel(as_actor(mia), task.id)

        assert db.session.get_one(ToolCall, done.id, populate_existing=True).state == ToolCallState.DONE
