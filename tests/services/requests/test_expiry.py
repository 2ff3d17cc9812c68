"""Requests that nobody answers: the reminder, and what happens when their time is over."""

from datetime import timedelta

import pytest

from helix import clock
from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import Activity, HumanRequest, Notification, Run
from helix.models.vocabulary import ActorType, NotificationType, RequestKind, RequestState, RunStatus, ToolCallState
from helix.services import maintenance, requests
from tests.support.people import as_actor
from tests.support.requests import a_call, a_question, a_run, a_tool, an_approval, ask, call_of, run_of


@pytest.fixture
def task(make, mia):
    return make.task("Invoice for Helen", by=mia, agent=make.agent("Sierra"))


@pytest.fixture
def agent(task):
    return task.assigned_agent


@pytest.fixture
def later(monkeypatch):
    """Moves the clock: `later(days=7)`."""

    def move(**by):
        moment = clock.now() + timedelta(**by)
        monkeypatch.setattr(clock, "now", lambda: moment)

    return move


def state_of(request):
    return db.session.get_one(HumanRequest, request.id, populate_existing=True).state


def told(type_=NotificationType.REQUEST):
    return [(row.user_id, row.title) for row in db.session.query(Notification).filter_by(type=type_).order_by("id")]


def test_a_call_that_nobody_allows_within_a_week_is_denied(task, agent, later):
    request = an_approval(task, agent)
    later(days=7, seconds=-1)
    assert requests.expire_due() == 0

    later(seconds=1)
    assert requests.expire_due() == 1

    call = call_of(request)
    assert (state_of(request), run_of(request).status) == (RequestState.EXPIRED, RunStatus.QUEUED)
    assert (call.state, call.is_error) == (ToolCallState.DENIED, True)
    assert call.result == "Nobody answered in time, so this call was denied."
    assert requests.expire_due() == 0
    entry = db.session.query(Activity).filter_by(action="request.expired").one()
    assert (entry.actor_type, entry.details["request_id"]) == (ActorType.SYSTEM, request.id)


def test_a_question_gets_its_default(task, agent, later):
    request = a_question(task, agent, on_expiry="default", default="Slate")

    later(days=7)
    requests.expire_due()

    call = call_of(request)
    assert (call.state, call.is_error) == (ToolCallState.DONE, False)
    assert call.result == "Nobody answered in time, so this answer was assumed: Slate"


def test_a_question_without_a_default_fails_with_that_reason(task, agent, later):
    request = a_question(task, agent, on_expiry="fail")

    later(days=7)
    requests.expire_due()

    call = call_of(request)
    assert (call.state, call.result, call.is_error) == (ToolCallState.FAILED, "Nobody answered in time.", True)
    assert run_of(request).status == RunStatus.QUEUED


def test_a_call_that_may_have_taken_effect_is_skipped_and_never_repeated(task, agent, later):
    run = a_run(task, agent)
    request = ask(run, a_call(run, a_tool()), kind=RequestKind.UNCERTAIN, title="Was it sent?")

    later(days=7)
    requests.expire_due()

    assert call_of(request).state == ToolCallState.SKIPPED
    assert "not known whether this took effect" in call_of(request).result


def test_money_that_nobody_grants_counts_as_denied(task, agent, later):
    run = a_run(task, agent)
    ask(run, kind=RequestKind.BUDGET, title="Another 0.50?")

    later(days=7)
    requests.expire_due()

    assert requests.is_budget_denied(run.id)
    assert requests.extra_usd(run.id) == 0


def test_a_deadline_may_be_sooner_and_not_later_than_a_week(task, agent, make, mia):
    now = clock.now()
    soon = an_approval(task, agent, expires_at=now + timedelta(hours=2))
    late = an_approval(make.task(by=mia, agent=agent), agent, expires_at=now + timedelta(days=30))

    assert soon.expires_at == now + timedelta(hours=2)
    assert timedelta(days=7) <= late.expires_at - now < timedelta(days=7, minutes=1)


def test_a_default_needs_to_be_given_and_only_then(task, agent):
    run = a_run(task, agent)

    for fields in ({"on_expiry": "default"}, {"default": "Slate"}):
        with pytest.raises(ValueError, match="default"):
            ask(run, kind=RequestKind.QUESTION, **fields)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "properties": {"name": {"type": "string", "maxLength": "long"}}},
        {"type": "object", "properties": ["name"]},
        {"type": "object", "properties": {}, "required": True},
    ],
)
def test_a_broken_schema_is_not_asked(task, agent, schema):
    run = a_run(task, agent)

    with pytest.raises(ValueError, match="JSON schema"):
        ask(run, kind=RequestKind.QUESTION, schema=schema)

    assert db.session.query(HumanRequest).count() == 0


def test_a_run_that_waits_for_two_goes_on_after_both(task, agent, later, mia):
    run = a_run(task, agent)
    soon = ask(run, a_call(run, a_tool()), expires_at=clock.now() + timedelta(hours=1))
    other = ask(run, a_call(run, a_tool()))

    later(hours=1)
    requests.expire_due()
    assert (state_of(soon), run_of(soon).status) == (RequestState.EXPIRED, RunStatus.WAITING)

    requests.answer(as_actor(mia), other.id, decision="allow", via="page")
    assert run_of(soon).status == RunStatus.QUEUED


def test_a_request_of_a_run_that_has_ended_is_withdrawn(task, agent, later):
    request = an_approval(task, agent)
    with transaction():
        db.session.get_one(Run, request.run_id).status = RunStatus.FAILED

    later(days=7)
    requests.expire_due()

    assert state_of(request) == RequestState.WITHDRAWN
    assert run_of(request).status == RunStatus.FAILED
    assert db.session.query(Activity).filter_by(action="request.expired").count() == 0


def test_people_are_reminded_once_after_a_day(task, agent, mia, later):
    request = an_approval(task, agent)
    later(hours=23)
    assert requests.remind_due() == 0

    later(hours=1)
    assert requests.remind_due() == 1
    later(days=1)
    assert requests.remind_due() == 0

    assert [title for user_id, title in told() if user_id == mia.id] == [
        f"Sierra asks: {request.title}",
        f"Sierra still waits for an answer: {request.title}",
    ]


def test_nobody_is_reminded_of_what_was_answered(task, agent, mia, later):
    requests.answer(as_actor(mia), an_approval(task, agent).id, decision="deny", via="page")

    later(days=2)

    assert requests.remind_due() == 0


def test_the_scheduler_expires_and_reminds(task, agent, make, mia, later):
    old = an_approval(task, agent, expires_at=clock.now() + timedelta(days=1))
    young = an_approval(make.task(by=mia, agent=agent), agent)
    later(days=1, seconds=1)
    maintenance._last.clear()

    maintenance.tick()

    assert (state_of(old), state_of(young)) == (RequestState.EXPIRED, RequestState.OPEN)
    assert db.session.get_one(HumanRequest, young.id, populate_existing=True).reminded
