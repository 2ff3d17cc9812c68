"""The watchdog of a run whose provider does not answer, with real signals."""

import os
import signal
import threading
import time
from datetime import timedelta

import pytest
import time_machine

from helix import clock, llm, shutdown
from helix.db.transaction import transaction
from helix.extensions import db
from helix.jobs import context
from helix.jobs import runs as jobs
from helix.jobs import watch as watch_module
from helix.jobs.watch import Watch
from helix.models import Organization, ProviderCooldown, Run
from helix.models.vocabulary import FailureReason, RunStatus, StepKind, TaskStatus
from helix.services import runs, tasks
from helix.services.runs import Interrupt, Interrupted
from helix.services.work import waiting_reasons
from tests.support.agent_turns import turns
from tests.support.model_server import ModelServer
from tests.support.people import as_actor


@pytest.fixture(autouse=True, scope="module")
def litellm():
    """Loaded before any claim, as in a worker: that takes longer than the limits of these runs."""
    llm.preload()


def attempt(app):
    claim = runs.claim("a worker")
    with Watch(app, claim) as watch:
        runs.execute(claim, interruptible=watch.interruptible)


def test_a_silent_provider_is_tried_again_until_the_attempts_are_used_up(clean_app, ada, make):
    with ModelServer() as provider:
        make.model(provider="custom", model_name="silence", base_url=provider.openai_url)
        with transaction():
            organization = db.session.get_one(Organization, 1)
            organization.run_timeout_seconds, organization.max_run_attempts = 1, 2
        task = make.task(agent=make.agent())
        runs.start(as_actor(ada), task.id)

        attempt(clean_app)
        between = tasks.get(as_actor(ada), task.id).status
        waiting, first = runs.of_task(as_actor(ada), task.id)[0]
        held_up = waiting_reasons.reasons([waiting.id])[waiting.id]
        with time_machine.travel(clock.now() + timedelta(minutes=1)):
            attempt(clean_app)

    assert (first.status, first.reason) == (RunStatus.FAILED, FailureReason.TIMED_OUT)
    assert [step["kind"] for step in runs.serialize_steps(first)] == [
        StepKind.PROMPT,
        StepKind.MODEL_CALL,
        StepKind.ERROR,
    ]
    assert (between, waiting.attempt) == (TaskStatus.IN_PROGRESS, 2)
    cooled = db.session.query(ProviderCooldown).one()
    assert (cooled.failures, cooled.reason) == (2, FailureReason.TIMED_OUT)
    assert held_up["code"] in ("retry_at", "cooling_down")
    found = runs.of_task(as_actor(ada), task.id)[0]
    assert [(run.status, run.reason) for run in found] == [(RunStatus.FAILED, FailureReason.TIMED_OUT)] * 2
    assert tasks.get(as_actor(ada), task.id).status == TaskStatus.TODO


def test_time_limit_is_that_of_each_call_and_four_times_that_of_the_run(clean_app, ada, make):
    def slowly(reply):
        time.sleep(0.8)
        script(reply)

    script = turns([("list_files", {})], [("read_task", {})], "Done.")
    with ModelServer() as provider:
        provider.behave("slow-turns", slowly)
        make.model(provider="custom", model_name="slow-turns", base_url=provider.openai_url, supports_tools=True)
        with transaction():
            organization = db.session.get_one(Organization, 1)
            organization.run_timeout_seconds, organization.max_run_attempts = 2, 1
        task = make.task(agent=make.agent())
        runs.start(as_actor(ada), task.id)

        attempt(clean_app)

    (run,), _ = runs.of_task(as_actor(ada), task.id)
    assert (run.status, run.message) == (RunStatus.SUCCEEDED, None)
    assert 2.4 <= run.active_seconds <= 8


@pytest.fixture
def claim(clean_app, ada, make):
    make.model()
    task = make.task(agent=make.agent())
    runs.start(as_actor(ada), task.id)
    return runs.claim("a worker")


@pytest.fixture
def own_shutdown(monkeypatch):
    """The test process itself does not stop."""
    monkeypatch.setattr(shutdown, "begin", lambda: None)


def test_what_cannot_be_repeated_finishes_when_the_worker_is_told_to_stop(clean_app, claim, own_shutdown):
    finished = []
    with Watch(clean_app, claim) as watch:
        with watch.interruptible(patient=True):
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(0.3)
            finished.append("the call")
        with pytest.raises(Interrupted) as stopped, watch.interruptible():
            finished.append("the next one")

    assert finished == ["the call"]
    assert stopped.value.cause == Interrupt.HANDED_BACK


def test_what_cannot_be_repeated_is_interrupted_when_its_time_to_finish_is_over(
    clean_app, claim, own_shutdown, monkeypatch
):
    monkeypatch.setattr(watch_module, "PATIENCE_SECONDS", 0.2)
    monkeypatch.setattr(watch_module, "HEARTBEAT_SECONDS", 0.1)

    with Watch(clean_app, claim) as watch, pytest.raises(Interrupted) as stopped:
        told_to_stop(watch, patient=True)

    assert stopped.value.cause == Interrupt.HANDED_BACK


def test_what_can_be_repeated_is_interrupted_at_once(clean_app, claim, own_shutdown):
    with Watch(clean_app, claim) as watch, pytest.raises(Interrupted):
        told_to_stop(watch, patient=False)


def told_to_stop(watch, *, patient):
    with watch.interruptible(patient=patient):
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(20)


def test_call_is_stopped_when_the_time_of_the_run_is_over(clean_app, ada, make):
    with ModelServer() as provider:
        make.model(provider="custom", model_name="silence", base_url=provider.openai_url)
        with transaction():
            db.session.get_one(Organization, 1).run_timeout_seconds = 60
        task = make.task(agent=make.agent())
        _task, run_id = runs.start(as_actor(ada), task.id)
        with transaction():
            db.session.get_one(Run, run_id).active_seconds = 4 * 60 - 2

        attempt(clean_app)

    run = runs.get(as_actor(ada), run_id)
    assert (run.status, run.reason) == (RunStatus.FAILED, FailureReason.TIMED_OUT)
    assert "240 seconds" in run.message


def test_trial_is_stopped_while_its_provider_is_silent(clean_app, mia, make, monkeypatch):
    monkeypatch.setattr(context, "_app", clean_app)
    with ModelServer() as provider:
        make.model(provider="custom", model_name="silence", base_url=provider.openai_url)
        agent = make.agent()
        began = runs.trial.begin(as_actor(mia), agent.id, "Hello")
        threading.Timer(0.5, in_context, (clean_app, runs.trial.stop, as_actor(mia), agent.id, began.id)).start()
        since = time.monotonic()

        jobs.try_agent(began.id)

        found = runs.trial.find(as_actor(mia), agent.id, began.id)
        assert (found.status, found.problem) == ("stopped", "")
        assert time.monotonic() - since < 10


def in_context(app, act, *args):
    with app.app_context():
        act(*args)
