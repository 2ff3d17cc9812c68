"""Trying an agent: one call without a task, streamed, paid for, throttled, and gone after an hour."""

from contextlib import contextmanager
from decimal import Decimal

import pytest

from helix import queue
from helix.errors import Conflict, Forbidden, Invalid, NotFound, TooManyRequests
from helix.extensions import db
from helix.models import BudgetMonth, Task, TrialCost
from helix.models.vocabulary import BoardLevel
from helix.queue import jobs
from helix.queue.connection import redis
from helix.services import budgets, runs, settings, skills
from helix.services.runs import Interrupt, Interrupted, trial
from tests.support.people import as_actor

ORGANIZATION = "organization"


@pytest.fixture
def agent(make):
    return make.agent("Sierra", system_prompt="You are a poet.")


def tried(person, agent, message="Write about # tea"):
    began = trial.begin(as_actor(person), agent.id, message)
    trial.answer(began.id)
    return trial.find(as_actor(person), agent.id, began.id)


def spent(scope=ORGANIZATION):
    row = db.session.get(BudgetMonth, (scope, budgets.month_now()), populate_existing=True)
    return (row.spent_usd, row.reserved_usd) if row else (Decimal(0), Decimal(0))


def test_the_answer_comes_with_its_cost_and_leaves_no_task(mia, ada, agent, model_that, provider):
    model_that("ok", input_cost_per_million=Decimal(1000), output_cost_per_million=Decimal(1000))
    skills.create(as_actor(ada), name="Style", content="Rhyme always.", agent_ids=[agent.id])

    found = tried(mia, agent)

    assert (found.status, found.problem) == ("done", "")
    assert found.text
    assert found.html.startswith("<")
    sent = str(provider.asked("ok")[-1].body["messages"])
    assert "You are a poet." in sent
    assert "Rhyme always." in sent
    assert "Write about # tea" in sent
    assert "tools" not in provider.asked("ok")[-1].body
    assert found.cost_usd
    assert spent() == spent(budgets.scope_of(agent.id)) == (Decimal(str(found.cost_usd)), Decimal(0))
    kept = db.session.query(TrialCost).one()
    assert (kept.agent_id, kept.user_id) == (agent.id, mia.id)
    assert kept.cost_usd == kept.counted_usd == Decimal(str(found.cost_usd))
    assert (kept.input_tokens, kept.output_tokens) == (found.input_tokens, found.output_tokens)
    assert db.session.query(Task).count() == 0


def test_it_waits_in_the_queue_of_runs(mia, agent, model_that):
    model_that("ok")

    began = trial.begin(as_actor(mia), agent.id, "Hello")

    (job,) = jobs.queue(queue.RUNS).jobs
    assert (job.func_name, job.args) == ("helix.jobs.runs.try_agent", (began.id,))
    assert trial.find(as_actor(mia), agent.id, began.id).status == "queued"


def test_a_failure_is_said_and_costs_nothing(mia, agent, model_that):
    model_that("bad-key")

    found = tried(mia, agent)

    assert found.status == "failed"
    assert found.problem
    assert spent() == (Decimal(0), Decimal(0))
    assert db.session.query(TrialCost).count() == 0


def test_a_lost_worker_leaves_the_highest_cost_counted(mia, agent, model_that, monkeypatch):
    model_that("ok", input_cost_per_million=Decimal(1000), output_cost_per_million=Decimal(1000))

    class Killed(BaseException):
        pass

    def die(*_args, **_options):
        raise Killed

    monkeypatch.setattr("helix.llm.litellm_client.LitellmClient.complete", die)
    began = trial.begin(as_actor(mia), agent.id, "Hello")
    with pytest.raises(Killed):
        trial.answer(began.id)

    counted, reserved = spent()
    assert counted > 4  # 4,096 tokens of output at a thousand dollars a million
    assert reserved == 0
    assert db.session.query(TrialCost).one().counted_usd == counted


def test_a_budget_that_does_not_pay_for_the_call_refuses_it(mia, make, model_that, provider):
    model_that("ok", input_cost_per_million=Decimal(1000), output_cost_per_million=Decimal(1000))
    agent = make.agent("Sierra", monthly_budget_usd=Decimal("0.01"))
    asked = len(provider.asked("ok"))

    found = tried(mia, agent)

    assert found.status == "failed"
    assert "budget does not pay" in found.problem
    assert len(provider.asked("ok")) == asked


def test_only_the_person_who_asked_reads_the_answer(mia, ada, make, agent, model_that):
    model_that("ok")
    found = tried(mia, agent)

    for person, agent_id in ((ada, agent.id), (mia, make.agent("Klay").id)):
        with pytest.raises(NotFound):
            trial.find(as_actor(person), agent_id, found.id)
    assert 0 < redis().ttl(f"helix:trial:{found.id}") <= 3600


def test_it_takes_the_level_create_on_some_board(noah, ada, make, agent, model_that):
    model_that("ok")
    settings.edit(as_actor(ada), {"default_board_level": BoardLevel.VIEW})
    board = make.board()

    with pytest.raises(Forbidden):
        trial.begin(as_actor(noah), agent.id, "Hello")
    make.grant(noah, board, BoardLevel.CREATE)
    assert trial.begin(as_actor(noah), agent.id, "Hello").status == "queued"


def test_what_cannot_be_asked_is_refused_before_anything_is_queued(mia, make, agent, model_that):
    with pytest.raises(Conflict, match="no usable model"):
        trial.begin(as_actor(mia), agent.id, "Hello")
    model_that("ok")
    for message in (" ", "x" * 20_001):
        with pytest.raises(Invalid):
            trial.begin(as_actor(mia), agent.id, message)
    with pytest.raises(Conflict, match="paused"):
        trial.begin(as_actor(mia), make.agent("Klay", enabled=False).id, "Hello")
    assert jobs.queue(queue.RUNS).count == 0


def test_a_person_is_throttled(mia, ada, agent, model_that):
    model_that("ok")
    for _ in range(trial.MAX_TRIALS):
        trial.begin(as_actor(mia), agent.id, "Hello")

    with pytest.raises(TooManyRequests) as refused:
        trial.begin(as_actor(mia), agent.id, "Hello")
    assert 0 < refused.value.retry_after <= trial.WINDOW_SECONDS
    assert trial.begin(as_actor(ada), agent.id, "Hello").status == "queued"


def test_a_trial_is_answered_once_and_not_late(mia, agent, model_that, provider, monkeypatch):
    model_that("ok")
    found = tried(mia, agent)
    asked = len(provider.asked("ok"))

    trial.answer(found.id)
    began = trial.begin(as_actor(mia), agent.id, "Hello")
    monkeypatch.setattr(trial, "MAX_WAITING_SECONDS", -1)
    trial.answer(began.id)

    assert len(provider.asked("ok")) == asked
    late = trial.find(as_actor(mia), agent.id, began.id)
    assert (late.status, "No worker" in late.problem) == ("failed", True)


def test_titles_are_the_first_line(clean_app):
    assert runs.trial.title_of("One\nTwo") == "One"
    assert len(runs.trial.title_of("x" * 500)) == 120


def stopped_while(write):
    """Around the model call: what a signal does when the person has pressed Stop, at its end or before it."""

    @contextmanager
    def interruptible(*, patient=False):
        if write:
            yield
        raise Interrupted(Interrupt.CANCELLED)

    return interruptible


def test_a_stopped_answer_keeps_what_was_written_and_costs_what_was_used(mia, agent, model_that):
    model_that("ok", input_cost_per_million=Decimal(1000), output_cost_per_million=Decimal(1000))
    began = trial.begin(as_actor(mia), agent.id, "Hello")

    trial.answer(began.id, interruptible=stopped_while(write=True))

    found = trial.find(as_actor(mia), agent.id, began.id)
    assert (found.status, found.problem) == ("stopped", "")
    assert found.text
    assert found.output_tokens > 0
    assert spent() == (Decimal(str(found.cost_usd)), Decimal(0))
    assert db.session.query(TrialCost).one().counted_usd == Decimal(str(found.cost_usd))


def test_one_that_waits_is_stopped_at_once_and_asks_no_model(mia, ada, agent, model_that, provider):
    model_that("ok")
    began = trial.begin(as_actor(mia), agent.id, "Hello")
    asked = len(provider.asked("ok"))

    with pytest.raises(NotFound):
        trial.stop(as_actor(ada), agent.id, began.id)
    status = trial.stop(as_actor(mia), agent.id, began.id).status
    trial.answer(began.id)

    assert status == trial.find(as_actor(mia), agent.id, began.id).status == "stopped"
    assert len(provider.asked("ok")) == asked


def test_one_that_runs_is_stopping_until_its_worker_has_stopped(mia, agent, model_that, monkeypatch):
    model_that("ok")
    began = trial.begin(as_actor(mia), agent.id, "Hello")
    answering = trial.Answering(began.id)
    before = trial.beat(answering)
    redis().hset(f"helix:trial:{began.id}", "status", "running")

    stopping = trial.stop(as_actor(mia), agent.id, began.id)

    assert (before, trial.beat(answering)) == ("held", "lost")
    assert (stopping.status, stopping.stopping) == ("running", True)
    monkeypatch.setattr(trial, "MAX_STOPPING_SECONDS", -1)
    assert trial.find(as_actor(mia), agent.id, began.id).status == "stopped"


def test_one_that_is_done_is_not_stopped(mia, agent, model_that):
    model_that("ok")
    found = tried(mia, agent)

    assert trial.stop(as_actor(mia), agent.id, found.id).status == "done"
