"""After the clock jumps, no live worker is treated as dead and no lease blocks."""

import pytest
import time_machine

from helix import clock
from helix.models.vocabulary import RunStatus, TaskStatus
from helix.services import leases, runs, tasks
from helix.services.maintenance import SteadyClock
from tests.support.people import as_actor

HOUR = 3600


@pytest.fixture
def running(ada, make):
    make.model()
    task = make.task(agent=make.agent())
    runs.start(as_actor(ada), task.id)
    return task, runs.claim("a worker")


def jumped(seconds):
    return time_machine.travel(clock.now().timestamp() + seconds, tick=True)


@pytest.mark.parametrize("seconds", [HOUR, -HOUR])
def test_a_run_under_way_survives_a_jump(ada, running, seconds):
    task, claim = running
    steady = SteadyClock()
    steady.is_steady()

    with jumped(seconds):
        at_once = runs.sweep(close_silent=steady.is_steady())
        runs.beat(claim)
        later = runs.sweep()
        runs.execute(claim)

    assert at_once.lost == later.lost == 0
    assert tasks.get(as_actor(ada), task.id).status == TaskStatus.REVIEW


@pytest.mark.parametrize("seconds", [HOUR, -HOUR])
def test_a_worker_that_died_at_the_jump_is_still_noticed(ada, running, seconds):
    task, claim = running

    with jumped(seconds):
        swept = runs.sweep()
        again = runs.sweep()
        runs.execute(claim)

    newest, lost = runs.of_task(as_actor(ada), task.id)[0]
    assert (swept.lost, again.lost) == (1, 0)
    assert (newest.status, newest.attempt, lost.status) == (RunStatus.QUEUED, 1, RunStatus.FAILED)


def test_a_jump_of_the_clock_is_noticed_and_forgotten(monkeypatch):
    steady = SteadyClock()
    before = steady.is_steady()
    with jumped(HOUR):
        at_once, a_moment_later = steady.is_steady(), steady.is_steady()
        steady._rest_until = 0.0
        half_a_minute_later = steady.is_steady()

    assert (before, at_once, a_moment_later, half_a_minute_later) == (True, False, False, True)


def test_a_lease_from_the_future_blocks_nobody(clean_app):
    with jumped(HOUR):
        assert leases.acquire("scheduler", "one", seconds=20)

    assert not leases.acquire("other", "one", seconds=20) or not leases.acquire("other", "two", seconds=20)
    assert leases.acquire("scheduler", "two", seconds=20)
