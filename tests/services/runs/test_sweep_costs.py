"""A worker dies during a call: its known cost is booked and the rest of the reservation is released."""

from decimal import Decimal

import pytest
import time_machine

from helix import clock, live
from helix.extensions import db
from helix.models import BudgetMonth
from helix.models.vocabulary import FailureReason, RunStatus
from helix.services import budgets, runs
from helix.services.runs.sweep import LETTERS_PER_TOKEN
from tests.support.people import as_actor

USD_PER_MILLION = 100
SAID = "Half of an answer"


class Died(BaseException):
    """kill -9: nothing of what the worker would still do is done."""


@pytest.fixture
def died(ada, make, model_that, provider, monkeypatch):
    """A run whose worker died when the first words had come."""
    provider.behave("long-winded", lambda reply: (reply.open(), reply.piece(SAID), reply.wait(20)))
    model_that("long-winded", input_cost_per_million=USD_PER_MILLION, output_cost_per_million=USD_PER_MILLION)
    task_id = make.task(agent=make.agent()).id
    runs.start(as_actor(ada), task_id)

    def die(*args, **facts):
        say(*args, **facts)
        raise Died

    say = live.run_text
    monkeypatch.setattr(live, "run_text", die)
    with pytest.raises(Died):
        runs.execute(runs.claim("a worker that dies"))
    monkeypatch.undo()
    return task_id


def newest(ada, task_id, *, place=0):
    return runs.of_task(as_actor(ada), task_id)[0][place]


def month():
    return db.session.get(BudgetMonth, (budgets.ORGANIZATION, budgets.month_now()), populate_existing=True)


def heard(run):
    prompt = runs.serialize_steps(run)[0]
    tokens = prompt["input_tokens"] + -(-len(SAID) // LETTERS_PER_TOKEN)
    return Decimal(tokens * USD_PER_MILLION) / 1_000_000


def test_the_reservation_counts_until_the_run_is_closed(ada, died):
    run = newest(ada, died)

    assert run.status == RunStatus.RUNNING
    assert month().reserved_usd == run.reserved_usd > heard(run)


def test_a_closed_run_is_charged_its_prompt_and_the_received_text(ada, died):
    runs.lost_by("a worker that dies")

    lost = newest(ada, died, place=1)
    assert lost.reason == FailureReason.WORKER_LOST
    assert lost.counted_usd == heard(lost)
    assert (month().spent_usd, month().reserved_usd) == (heard(lost), 0)


def test_a_cancelled_run_whose_worker_died_is_charged_what_was_received(ada, died):
    runs.cancel(as_actor(ada), died)
    before = month().reserved_usd

    with time_machine.travel(clock.now().timestamp() + 61, tick=True):
        runs.sweep()

    run = newest(ada, died)
    assert before > heard(run)
    assert (run.status, run.counted_usd) == (RunStatus.CANCELLED, heard(run))
    assert (month().spent_usd, month().reserved_usd) == (heard(run), 0)


def test_a_run_of_unknown_progress_is_charged_its_whole_reservation(ada, died, monkeypatch):
    worst = newest(ada, died).reserved_usd
    monkeypatch.setattr(live, "text_so_far", lambda _run: None)

    runs.lost_by("a worker that dies")

    assert newest(ada, died, place=1).counted_usd == worst
    assert (month().spent_usd, month().reserved_usd) == (worst, 0)
