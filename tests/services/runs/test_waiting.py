"""Every reason why a queued run waits, computed by the rules that dispatch runs."""

from datetime import timedelta
from decimal import Decimal

import pytest

from helix import clock, queue
from helix.db.transaction import end_reading, transaction
from helix.extensions import db
from helix.models import Agent, AiModel, Board, Organization, ProviderCooldown, Run, Task
from helix.models.vocabulary import RunStatus, TaskStatus, Trigger
from helix.services import budgets, runs
from helix.services.work.waiting_reasons import WORDS
from tests.support.people import as_actor


@pytest.fixture
def queued(ada, make):
    """A run that waits for nothing but a worker, with what the rules look at."""
    model = make.model(is_default=True)
    board, agent = make.board(), make.agent("Sierra")
    task = make.task(agent=agent, board=board)
    runs.start(as_actor(ada), task.id)
    return {
        "task": task.id,
        "agent": agent.id,
        "board": board.id,
        "model": model.id,
        "make": make,
        "other": make.task(board=board).id,
    }


def set_on(model, id, **fields):
    found = db.session.get_one(model, id)
    for name, value in fields.items():
        setattr(found, name, value)


def the_run(queued):
    return db.session.query(Run).filter_by(task_id=queued["task"], status=RunStatus.QUEUED).one()


def waiting_of(queued):
    end_reading()
    run = the_run(queued)
    db.session.refresh(run, ["agent"])
    return runs.serialize([run])[0]["waiting"]


def month(queued, scope, usd):
    budgets.locked_month(scope, budgets.month_now()).spent_usd = Decimal(usd)


def organization_budget(queued):
    set_on(Organization, 1, monthly_budget_usd=Decimal(1))
    month(queued, budgets.ORGANIZATION, 1)


def cooling(queued):
    later = clock.now() + timedelta(minutes=3)
    db.session.add(ProviderCooldown(key="demo|", until=later, failures=3, reason="provider_error"))


def review_full(queued):
    set_on(Board, queued["board"], wip_limits={"review": 0})
    the_run(queued).trigger = Trigger.AUTO


def review_filling(queued):
    """There is room for one, and that one is under way."""
    set_on(Board, queued["board"], wip_limits={"review": 1})
    the_run(queued).trigger = Trigger.AUTO
    another_run(queued, queued["other"], queued["make"].agent("Klay").id, Trigger.AUTO)


def another_run(queued, task_id, agent_id, trigger=Trigger.MENTION):
    run = Run(task_id=task_id, agent_id=agent_id, trigger=trigger, came_from=TaskStatus.TODO)
    run.status, run.queued_at, run.heartbeat_at = RunStatus.RUNNING, clock.now(), clock.now()
    db.session.add(run)


def retry(queued):
    run = the_run(queued)
    before = Run(task_id=run.task_id, agent_id=run.agent_id, trigger=Trigger.MANUAL, came_from=TaskStatus.TODO)
    before.status, before.reason, before.queued_at = RunStatus.FAILED, "rate_limited", clock.now()
    db.session.add(before)
    db.session.flush()
    run.retry_of, run.not_before = before.id, clock.now() + timedelta(minutes=2)


REASONS = {
    "task_gone": lambda q: set_on(Task, q["task"], archived=True),
    "retry_at": retry,
    "agent_disabled": lambda q: set_on(Agent, q["agent"], enabled=False),
    "agent_budget": lambda q: set_on(Agent, q["agent"], budget_paused=True),
    "organization_budget": organization_budget,
    "model_unusable": lambda q: set_on(AiModel, q["model"], is_active=False),
    "cooling_down": cooling,
    "review_full": review_full,
    "review_filling": review_filling,
    "task_busy": lambda q: another_run(q, q["task"], q["make"].agent("Klay").id),
    "agent_at_limit": lambda q: another_run(q, q["other"], q["agent"]),
}


@pytest.mark.parametrize("code", REASONS)
def test_every_rule_blocks_the_run_and_has_a_text(queued, code):
    with transaction():
        REASONS[code](queued)

    said = waiting_of(queued)

    assert said["code"] == code
    assert said["message"].endswith(".")
    assert bool(said["until"]) == (code in ("retry_at", "cooling_down"))
    assert runs.claim("a worker") is None


def test_between_attempts_the_reason_names_the_failure(queued):
    with transaction():
        retry(queued)

    said = waiting_of(queued)

    assert said["message"] == "The provider asks to slow down. The next attempt follows."


def test_a_run_that_no_rule_blocks_waits_for_a_worker(queued, monkeypatch):
    told = []
    for presence in (queue.Presence(False), queue.Presence(True), queue.Presence(True, runs=1)):
        monkeypatch.setattr(queue, "presence", lambda max_age=0, found=presence: found)
        told.append(waiting_of(queued)["code"])

    assert told == ["queue_away", "no_worker", "next"]


def test_every_reason_has_a_text():
    from helix.services.work.rules import blocking

    rules = blocking(clock.now(), "2026-11")

    assert set(rules) == set(REASONS)
    assert set(WORDS) == set(rules) | {"queue_away", "no_worker", "next"}
