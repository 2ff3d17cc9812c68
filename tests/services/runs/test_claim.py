"""Claiming runs: the rules are evaluated for the front of the queue first, and for the rest if necessary."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from helix import clock
from helix.db.transaction import end_reading, transaction
from helix.extensions import db
from helix.models import Agent, Board, Run
from helix.models.vocabulary import Priority, Trigger
from helix.services import comments, runs
from helix.services.runs.claim import FRONT
from tests.support.people import as_actor


@pytest.fixture
def queued(make, ada):
    """`queued(agent, "urgent", 3)`: the ids of so many queued runs of tasks for it."""
    make.model()
    board = make.board()

    def _queued(agent, priority: Priority, number: int) -> list[int]:
        tasks = [make.task(f"{priority} {at}", agent=agent, board=board, priority=priority) for at in range(number)]
        return [runs.start(as_actor(ada), task.id)[1] for task in tasks]

    return _queued


def held_back(agent):
    with transaction():
        db.session.get_one(Agent, agent.id).enabled = False
    end_reading()


def test_a_run_behind_many_blocked_ones_is_claimed(make, queued):
    paused, free = make.agent(), make.agent(max_parallel_runs=5)
    queued(paused, Priority.URGENT, FRONT + 5)
    behind = queued(free, Priority.LOW, 2)
    held_back(paused)

    first, second = runs.claim("a worker"), runs.claim("a worker")

    assert [first.run_id, second.run_id] == behind
    assert (first.more_may_start, second.more_may_start) == (True, False)
    assert runs.claim("a worker") is None


def test_a_claim_from_a_later_batch_still_reports_more_runs(make, queued):
    paused, free = make.agent(), make.agent(max_parallel_runs=5)
    (urgent,) = queued(free, Priority.URGENT, 1)
    queued(paused, Priority.HIGH, FRONT + 5)
    (low,) = queued(free, Priority.LOW, 1)
    held_back(paused)

    claims = [runs.claim("a worker"), runs.claim("a worker")]

    assert [claim.run_id for claim in claims] == [urgent, low]
    assert claims[0].more_may_start


def test_runs_are_claimed_by_priority_then_due_date_then_age(make, ada):
    """Queued in the opposite order, so that neither ids nor times alone give the right one."""
    make.model()
    agent, board, now = make.agent(max_parallel_runs=10), make.board(), clock.now()
    queued = {}

    def queue(title, priority, days=None, waited=0):
        due_at = now + timedelta(days=days) if days else None
        task = make.task(title, agent=agent, board=board, priority=priority, due_at=due_at)
        run_id = queued[title] = runs.start(as_actor(ada), task.id)[1]
        with transaction():
            db.session.get_one(Run, run_id).queued_at = now - timedelta(minutes=waited)

    queue("low, due first of all", Priority.LOW, days=1)
    queue("medium, newer", Priority.MEDIUM)
    queue("medium, older", Priority.MEDIUM, waited=5)
    queue("medium, due later", Priority.MEDIUM, days=3)
    queue("medium, due sooner", Priority.MEDIUM, days=2)
    queue("high", Priority.HIGH)
    queue("urgent", Priority.URGENT)

    claimed = [runs.claim("a worker").run_id for _ in queued]

    titles = {run_id: title for title, run_id in queued.items()}
    assert [titles[run_id] for run_id in claimed] == [
        "urgent",
        "high",
        "medium, due sooner",
        "medium, due later",
        "medium, older",
        "medium, newer",
        "low, due first of all",
    ]


def test_queued_runs_that_would_fill_the_review_column_do_not_wait_for_each_other(make, queued):
    """There is room for one result in review: one of two starts, and the other one waits for it."""
    (first,), (second,) = (queued(make.agent(), Priority.MEDIUM, 1) for _ in range(2))
    with transaction():
        db.session.execute(update(Run).values(trigger=Trigger.AUTO))
        db.session.query(Board).one().wip_limits = {"review": 1}

    claims = [runs.claim("a worker"), runs.claim("a worker")]

    assert [claim and claim.run_id for claim in claims] == [first, None]
    assert shown_waiting(second)["code"] == "review_filling"


def test_queued_runs_of_one_agent_do_not_wait_for_each_other(make, queued):
    first, second = queued(make.agent(max_parallel_runs=1), Priority.MEDIUM, 2)

    claims = [runs.claim("a worker"), runs.claim("a worker")]

    assert [claim and claim.run_id for claim in claims] == [first, None]
    assert shown_waiting(second)["code"] == "agent_at_limit"


def test_queued_runs_of_one_task_do_not_wait_for_each_other(make, queued, ada):
    (first,) = queued(make.agent(), Priority.MEDIUM, 1)
    make.agent("Klay")
    comments.add(as_actor(ada), db.session.get_one(Run, first).task_id, "@Klay what do you think?")

    claims = [runs.claim("a worker"), runs.claim("a worker")]

    assert [claim and claim.run_id for claim in claims] == [first, None]
    mention = db.session.query(Run).filter_by(trigger=Trigger.MENTION).one()
    assert shown_waiting(mention.id)["code"] == "task_busy"


def shown_waiting(run_id):
    end_reading()
    run = db.session.get_one(Run, run_id)
    db.session.refresh(run, ["agent"])
    return runs.serialize([run])[0]["waiting"]
