"""A worker whose run was given to another one can no longer write to it: every write names the fence of its claim."""

import pytest
import time_machine

from helix import clock
from helix.db.transaction import end_reading, transaction
from helix.extensions import db
from helix.models import Run
from helix.models.vocabulary import FailureReason, RunStatus
from helix.services import runs
from helix.services.runs import Heartbeat, fenced, finish
from helix.services.work.outcome import Outcome
from tests.support.people import as_actor

ANSWER = Outcome(text="Too late.", input_tokens=1, output_tokens=1)


@pytest.fixture
def claims(ada, make):
    """Two claims of one run, which is running: the first one was handed back, the second one holds."""
    make.model()
    task = make.task(agent=make.agent())
    runs.start(as_actor(ada), task.id)
    first = runs.claim("first worker")
    finish.hand_back(first)
    return first, runs.claim("second worker")


def the_run():
    end_reading()
    return db.session.query(Run).one()


def test_heartbeat_of_an_outdated_claim_is_refused_and_not_written(claims):
    outdated, _ = claims
    before = the_run().heartbeat_at

    with time_machine.travel(clock.now().replace(year=2031), tick=False):
        answer = runs.beat(outdated)

    assert answer == Heartbeat.LOST
    assert the_run().heartbeat_at == before


def test_heartbeat_of_the_valid_claim_is_written(claims):
    _, valid = claims

    with time_machine.travel(clock.now().replace(year=2031), tick=False):
        answer = runs.beat(valid)

    assert answer == Heartbeat.HELD
    assert the_run().heartbeat_at.year == 2031


@pytest.mark.parametrize("lock", [fenced.lock_with_payers, fenced.lock_with_task])
def test_outdated_claim_cannot_lock_the_run(claims, lock):
    outdated, valid = claims

    with transaction():
        assert lock(valid)
    with pytest.raises(fenced.ClaimLost), transaction():
        lock(outdated)


@pytest.mark.parametrize(
    "end",
    [
        lambda claim: finish.succeed(claim, ANSWER),
        lambda claim: finish.fail(claim, FailureReason.PROVIDER_ERROR, "It broke."),
        finish.hand_back,
    ],
    ids=["succeed", "fail", "hand back"],
)
def test_outdated_claim_cannot_end_the_run_of_the_next_worker(claims, end):
    outdated, valid = claims

    with pytest.raises(fenced.ClaimLost):
        end(outdated)

    run = the_run()
    assert (run.status, run.fence, run.worker) == (RunStatus.RUNNING, valid.fence, "second worker")
    assert run.result is None


@pytest.mark.parametrize("lock", [fenced.lock_with_payers, fenced.lock_with_task])
def test_claim_of_a_run_that_has_ended_cannot_lock_it(claims, lock):
    _, valid = claims
    finish.succeed(valid, ANSWER)

    with pytest.raises(fenced.ClaimLost), transaction():
        lock(valid)


def test_heartbeat_of_a_run_that_has_ended_is_refused(claims):
    _, valid = claims
    finish.succeed(valid, ANSWER)

    assert runs.beat(valid) == Heartbeat.LOST
