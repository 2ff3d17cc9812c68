"""Costs are booked on the run and in the budget whatever fails later; permanent failures are paid for once."""

from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy.exc import DataError

from helix import live, llm
from helix.db.transaction import transaction
from helix.extensions import db
from helix.llm import prices
from helix.models import AiModel, BudgetMonth, Organization, Run
from helix.models.vocabulary import FailureReason, RunStatus, StepKind, TaskStatus
from helix.services import budgets, comments, runs, tasks
from helix.services.runs import fenced, finish, streaming
from helix.services.runs.material import Work
from helix.services.work.outcome import Outcome
from tests.support.people import as_actor

PRICE = {"input_cost_per_million": 1000, "output_cost_per_million": 1000}
USAGE = Decimal(12 + 7) / 1000


@pytest.fixture
def ended(ada, make, model_that, work):
    """The runs of a task, newest first, after one attempt with a model that behaves so."""

    def _ended(behaves, **agent):
        model_that(behaves, **PRICE)
        task = make.task("Write", agent=make.agent(**agent))
        runs.start(as_actor(ada), task.id)
        work()
        return runs.of_task(as_actor(ada), task.id)[0]

    return _ended


def spent():
    month = db.session.get(BudgetMonth, (budgets.ORGANIZATION, budgets.month_now()), populate_existing=True)
    return month.spent_usd, month.reserved_usd


def refuse(*_args, **_options):
    raise DataError("UPDATE", {}, ValueError("invalid byte sequence"))


def break_down(*_args, **_options):
    raise LookupError("our own mistake")


@pytest.mark.parametrize(
    "behaves",
    ["bad-request", "huge", "redirect", "unauthorized", "not-found", "too-long", "content-policy", "refusal"],
)
def test_a_permanent_failure_is_tried_and_charged_once(ended, provider, behaves):
    before = len(provider.asked(behaves))

    found = ended(behaves, max_output_tokens=256)

    assert [(run.status, run.attempt) for run in found] == [(RunStatus.FAILED, 1)]
    assert len(provider.asked(behaves)) == before + 1


@pytest.mark.parametrize("behaves", ["broken", "rate-limited:1", "cut", "empty"])
def test_a_transient_failure_is_retried(ended, behaves):
    assert [run.attempt for run in ended(behaves)] == [2, 1]


BREAKS = {
    "publishing": (live, "run_text", break_down),
    "the database": (finish, "succeed", refuse),
    "the answer taken apart": (Work, "outcome", break_down),
    "the price": (prices, "cost", break_down),
}


@pytest.mark.parametrize("what", ["the database", "the answer taken apart", "the price"])
def test_the_cost_is_charged_although_our_own_code_fails(ended, monkeypatch, what):
    monkeypatch.setattr(*BREAKS[what])

    (run,) = ended("ok")

    assert (run.status, run.reason) == (RunStatus.FAILED, FailureReason.INTERNAL)
    assert run.input_tokens >= 12
    assert run.output_tokens >= 5
    assert run.cost_usd > 0
    assert spent() == (run.cost_usd, 0)
    if what != "the price":
        assert run.cost_usd == USAGE


def test_an_error_in_publishing_loses_no_answer(ada, ended, monkeypatch):
    monkeypatch.setattr(*BREAKS["publishing"])
    monkeypatch.setattr(streaming, "EVERY_SECONDS", 0)

    (run,) = ended("ok")

    assert run.status == RunStatus.SUCCEEDED
    assert tasks.get(as_actor(ada), run.task_id).result == "Hello from the test model."
    assert spent() == (USAGE, 0)


@pytest.mark.parametrize("behaves", ["empty", "refusal", "content-filter", "strange-end"])
def test_an_empty_answer_costs_what_the_provider_reports(ended, behaves):
    run = ended(behaves)[-1]

    assert run.status == RunStatus.FAILED
    assert run.input_tokens == 12
    assert spent() == (run.cost_usd, 0)
    assert run.cost_usd >= Decimal("0.012")


def test_the_text_of_a_failed_answer_is_in_the_trace(ended):
    run = ended("strange-end")[-1]

    called = next(step for step in runs.serialize_steps(run) if step["kind"] == StepKind.MODEL_CALL)
    assert called["content"] == "Text that came before it failed:\n\nHello"


@pytest.mark.parametrize("number", [10**12, -1, 5.5, "many", None, True])
def test_absurd_usage_is_bounded_and_marked_as_an_estimate(ended, provider, number):
    def absurd(reply):
        reply.open()
        reply.piece("Hello")
        reply.event(reply._choice({}, "stop"))
        reply.event({"choices": [], "usage": {"prompt_tokens": number, "completion_tokens": number}})
        reply.raw(b"data: [DONE]\n\n")
        reply.close()

    provider.behave("absurd", absurd)

    (run,) = ended("absurd", max_output_tokens=256)

    prompt, called = runs.serialize_steps(run)[:2]
    assert run.status == RunStatus.SUCCEEDED
    assert 0 < run.input_tokens <= prompt["input_tokens"]
    assert 0 < run.output_tokens <= 256
    assert called["details"]["tokens_estimated"] is True
    assert spent() == (run.cost_usd, 0)


def test_honest_usage_is_no_estimate(ended):
    (run,) = ended("ok")

    assert "tokens_estimated" not in runs.serialize_steps(run)[1]["details"]


@pytest.mark.parametrize("requires_approval", [True, False])
def test_a_truncated_answer_is_marked_and_goes_to_review(ada, make, model_that, work, requires_approval):
    model_that("long")
    task = make.task("Write", agent=make.agent(), requires_approval=requires_approval)

    runs.start(as_actor(ada), task.id)
    work()

    after = tasks.serialize_one(as_actor(ada), tasks.get(as_actor(ada), task.id))
    (run,) = runs.of_task(as_actor(ada), task.id)[0]
    output = runs.serialize_steps(run)[-1]
    assert (after["status"], after["result_truncated"]) == (TaskStatus.REVIEW, True)
    assert runs.serialize([run])[0]["result_truncated"] is True
    assert (output["title"], output["details"]["truncated"]) == ("Answer, cut at the limit", True)


def test_a_complete_answer_removes_the_truncated_mark(ada, make, model_that, work):
    model = model_that("long")
    task = make.task("Write", agent=make.agent())
    runs.start(as_actor(ada), task.id)
    work()
    tasks.reject(as_actor(ada), task.id, "The whole of it, please.")
    with transaction():
        db.session.get_one(AiModel, model.id).model_name = "ok"

    runs.start(as_actor(ada), task.id)
    work()

    assert tasks.serialize_one(as_actor(ada), tasks.get(as_actor(ada), task.id))["result_truncated"] is False


def test_a_stream_that_goes_silent_is_timed_out_by_the_organizations_limit(ada, ended, provider, monkeypatch):
    with transaction():
        db.session.get_one(Organization, 1).stream_idle_seconds = 1
    provider.behave("goes-silent", lambda reply: (reply.open(), reply.piece("Half"), reply.wait(20)))

    newest, first = ended("goes-silent")

    assert (first.reason, newest.attempt) == (FailureReason.TIMED_OUT, 2)
    assert first.message == "goes-silent sent nothing for 1 seconds."
    assert first.cost_usd > 0


@pytest.mark.parametrize(
    ("pieces", "result"),
    [
        (["be\x00fore"], "before"),
        (["rocket \ud83d", "\ude80 go"], "rocket \N{ROCKET} go"),
        (["lone \ud83d"], "lone \N{REPLACEMENT CHARACTER}"),
        (["<think>\n private \n</think>\n\nThe real answer."], "The real answer."),
    ],
)
def test_what_a_model_says_is_stored_clean_and_its_thoughts_apart(ada, ended, provider, monkeypatch, pieces, result):
    monkeypatch.setattr(streaming, "EVERY_SECONDS", 0)
    provider.behave("says", lambda reply: (reply.open(), [reply.piece(piece) for piece in pieces], reply.finish()))

    (run,) = ended("says")

    steps = runs.serialize_steps(run)
    assert tasks.get(as_actor(ada), run.task_id).result == result
    assert run.cost_usd == USAGE
    assert ("private" in (steps[1]["content"] or "")) == ("private" in pieces[0])
    assert live.text_so_far(run.id) == result


def test_a_model_failure_decides_by_itself_whether_waiting_heals_it():
    assert llm.ModelFailure(FailureReason.PROVIDER_ERROR, "x").healable
    assert not llm.ModelFailure(FailureReason.PROVIDER_ERROR, "x", healable=False).healable


def test_a_mention_that_fails_internally_is_charged_too(ada, make, model_that, work, monkeypatch):
    model_that("ok", **PRICE)
    make.agent(name="Sierra")
    task = make.task("Write")
    comments.add(as_actor(ada), task.id, "@Sierra what now?")
    monkeypatch.setattr(comments, "answer_mention", break_down)

    work()

    (run,) = runs.of_task(as_actor(ada), task.id)[0]
    assert (run.reason, run.cost_usd) == (FailureReason.INTERNAL, USAGE)
    assert spent() == (USAGE, 0)


@pytest.fixture
def cancelled(ada, make):
    """The claim of a run that was cancelled while the model was answering, with its worst case of 0.10 reserved."""
    make.model()
    task = make.task(agent=make.agent())
    runs.start(as_actor(ada), task.id)
    claim = runs.claim("a worker")
    with transaction():
        run, agent, organization = fenced.lock_with_payers(claim)
        price = Decimal(1000), Decimal(1000)
        budgets.reserve(run, agent, organization, input_tokens=0, max_tokens=100, price=price)
    runs.cancel(as_actor(ada), task.id)
    return claim


USED = Outcome(text="", cost_usd=Decimal("0.04"), counted_usd=Decimal("0.04"))


def test_the_usage_of_a_cancelled_run_is_counted_once(cancelled):
    before = spent()

    finish.settle_late(cancelled, USED)
    finish.settle_late(cancelled, USED)

    assert before == (0, Decimal("0.1"))
    assert spent() == (Decimal("0.04"), 0)
    assert db.session.get(Run, cancelled.run_id, populate_existing=True).cost_usd == Decimal("0.04")


def test_the_usage_of_a_cancelled_run_is_not_counted_for_an_outdated_claim(cancelled):
    finish.settle_late(replace(cancelled, fence=cancelled.fence - 1), USED)

    assert spent() == (0, Decimal("0.1"))
