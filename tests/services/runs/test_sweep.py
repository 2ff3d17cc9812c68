"""A run whose worker died is closed once, and gets one next attempt, at once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import time_machine

from helix import clock
from helix.db.transaction import end_reading
from helix.extensions import db
from helix.models import Run
from helix.models.vocabulary import FailureReason, RunStatus
from helix.services import runs, settings
from helix.services.runs.finish import FREE_LOSSES
from tests.support.people import as_actor


def test_four_sweepers_at_once_close_each_lost_run_once(clean_app, ada, make):
    make.model()
    for _ in range(3):
        runs.start(as_actor(ada), make.task(agent=make.agent()).id)
        assert runs.claim("a worker that dies")
    db.session.remove()

    def sweep(_number):
        with clean_app.app_context():
            return runs.sweep().lost

    with time_machine.travel(clock.now().timestamp() + 31, tick=True), ThreadPoolExecutor(4) as threads:
        lost = list(threads.map(sweep, range(4)))

    states = [run.status for run in db.session.query(Run).order_by(Run.id)]
    assert sum(lost) == 3
    assert states.count(RunStatus.FAILED) == states.count(RunStatus.QUEUED) == 3


@pytest.fixture
def lose(ada, make):
    """`lose(3)`: the newest attempt at a task, after three whose worker died one after the other."""
    make.model()
    task = make.task(agent=make.agent())
    runs.start(as_actor(ada), task.id)

    def _lose(times):
        for _ in range(times):
            assert runs.claim("a worker that dies"), "the next attempt does not start at once"
            assert runs.lost_by("a worker that dies") == 1
        end_reading()
        return db.session.query(Run).order_by(Run.id.desc()).first()

    return _lose


def test_next_attempt_of_a_lost_run_starts_at_once_and_costs_no_attempt(lose):
    newest = lose(1)

    assert (newest.status, newest.attempt, newest.losses, newest.not_before) == (RunStatus.QUEUED, 1, 1, None)
    assert runs.claim("another worker").run_id == newest.id


def test_losses_beyond_the_free_ones_count_as_attempts(lose):
    newest = lose(FREE_LOSSES)
    free = newest.attempt

    newest = lose(1)

    assert (free, newest.attempt) == (1, 2)


def test_run_that_is_lost_again_and_again_is_given_up(lose, clean_app):
    attempts = settings.organization().max_run_attempts

    newest = lose(FREE_LOSSES + attempts)

    assert (newest.status, newest.reason) == (RunStatus.FAILED, FailureReason.WORKER_LOST)
    assert runs.claim("another worker") is None
