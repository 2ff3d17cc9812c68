"""Which run a worker gets: the rules are asked of the front of the queue first, and of the rest where they must be."""

import pytest

from helix.extensions import db
from helix.models import Agent
from helix.models.vocabulary import Priority
from helix.services import runs
from helix.services.runs.claim import FRONT
from helix.transaction import end_reading, transaction
from tests.support.cast import acting


@pytest.fixture
def queued(make, ada):
    """`queued(agent, "urgent", 3)`: the ids of so many queued runs of tasks for it."""
    make.model()
    board = make.board()

    def _queued(agent, priority: Priority, number: int) -> list[int]:
        tasks = [make.task(f"{priority} {at}", agent=agent, board=board, priority=priority) for at in range(number)]
        return [runs.start(acting(ada), task.id)[1] for task in tasks]

    return _queued


def held_back(agent):
    with transaction():
        db.session.get_one(Agent, agent.id).enabled = False
    end_reading()


def test_what_is_behind_a_long_front_that_must_wait_is_found(make, queued):
    paused, free = make.agent(), make.agent(max_parallel_runs=5)
    queued(paused, Priority.URGENT, FRONT + 5)
    behind = queued(free, Priority.LOW, 2)
    held_back(paused)

    first, second = runs.claim("a worker"), runs.claim("a worker")

    assert [first.run_id, second.run_id] == behind
    assert (first.more_may_start, second.more_may_start) == (True, False)
    assert runs.claim("a worker") is None


def test_one_of_the_front_and_one_from_behind_are_told_as_more(make, queued):
    paused, free = make.agent(), make.agent(max_parallel_runs=5)
    (urgent,) = queued(free, Priority.URGENT, 1)
    queued(paused, Priority.HIGH, FRONT + 5)
    (low,) = queued(free, Priority.LOW, 1)
    held_back(paused)

    claims = [runs.claim("a worker"), runs.claim("a worker")]

    assert [claim.run_id for claim in claims] == [urgent, low]
    assert claims[0].more_may_start
