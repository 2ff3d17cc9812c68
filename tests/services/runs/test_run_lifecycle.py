"""A run from Execute to a reviewed result, in one process, with the demo model."""

import pytest
import time_machine

from helix import clock
from helix.errors import Conflict
from helix.models.vocabulary import RunStatus, StepKind, TaskStatus, Trigger
from helix.services import comments, runs, tasks
from tests.support.people import as_actor


@pytest.fixture
def sierra(make):
    make.model()
    return make.agent(name="Sierra", role_title="SEO Specialist", system_prompt="You are {{agent_name}}.")


def newest_run(actor, task):
    return runs.of_task(actor, task.id)[0][0]


def test_a_run_brings_its_result_to_review(ada, make, sierra, work):
    actor = as_actor(ada)
    task = make.task("Write about tea", agent=sierra)

    runs.start(actor, task.id)
    work()

    task = tasks.get(actor, task.id)
    assert task.status == TaskStatus.REVIEW
    assert "demo" in task.result.lower()
    run = runs.get(actor, newest_run(actor, task).id)
    assert run.status == RunStatus.SUCCEEDED
    assert run.output_tokens > 0
    assert run.cost_usd == 0
    assert [step["kind"] for step in runs.serialize_steps(run)] == [
        StepKind.PROMPT,
        StepKind.MODEL_CALL,
        StepKind.OUTPUT,
    ]
    assert "Write about tea" in run.prompt[1]["content"]


def test_a_task_without_approval_is_done(ada, make, sierra, work):
    task = make.task(agent=sierra, requires_approval=False)

    runs.start(as_actor(ada), task.id)
    work()

    assert tasks.get(as_actor(ada), task.id).status == TaskStatus.DONE


def test_the_task_moves_when_a_worker_claims_it_not_before(ada, make, sierra):
    task = make.task(agent=sierra)

    runs.start(as_actor(ada), task.id)

    shown = tasks.serialize_one(as_actor(ada), tasks.get(as_actor(ada), task.id))
    assert shown["status"] == TaskStatus.TODO
    assert shown["last_run"]["status"] == RunStatus.QUEUED
    assert shown["waiting"]["code"] == "no_worker"
    runs.claim("a worker")
    assert tasks.get(as_actor(ada), task.id).status == TaskStatus.IN_PROGRESS


def test_executing_twice_is_refused(ada, make, sierra):
    task = make.task(agent=sierra)
    runs.start(as_actor(ada), task.id)

    with pytest.raises(Conflict, match="already queued or running"):
        runs.start(as_actor(ada), task.id)


def test_cancelling_returns_the_task_and_invalidates_the_claim(ada, make, sierra):
    task = make.task(agent=sierra)
    runs.start(as_actor(ada), task.id)
    claim = runs.claim("a worker")

    runs.cancel(as_actor(ada), task.id)
    runs.execute(claim)

    task = tasks.get(as_actor(ada), task.id)
    assert task.status == TaskStatus.TODO
    assert task.result is None
    assert newest_run(as_actor(ada), task).status == RunStatus.CANCELLED


def test_a_failed_run_returns_its_task_to_the_previous_status(ada, make, work):
    make.model(model_name="demo-refuse")
    task = make.task(agent=make.agent())

    runs.start(as_actor(ada), task.id)
    work()

    task = tasks.get(as_actor(ada), task.id)
    assert task.status == TaskStatus.TODO
    assert task.result is None
    assert task.last_run.reason == "content_refused"
    assert task.last_run.message


def test_a_transient_failure_is_retried_later(ada, make, work):
    make.model(model_name="demo-fail")
    task = make.task(agent=make.agent())

    runs.start(as_actor(ada), task.id)
    work()

    shown = tasks.serialize_one(as_actor(ada), tasks.get(as_actor(ada), task.id))
    assert shown["status"] == TaskStatus.IN_PROGRESS
    assert shown["last_run"]["status"] == RunStatus.QUEUED
    assert shown["last_run"]["attempt"] == 2
    assert shown["waiting"]["code"] == "retry_at"
    assert shown["waiting"]["until"]


def test_feedback_reaches_the_next_run(ada, make, sierra, work):
    actor = as_actor(ada)
    task = make.task(agent=sierra)
    runs.start(actor, task.id)
    work()
    first = tasks.get(actor, task.id).result

    tasks.reject(actor, task.id, "Say more about oolong.")
    runs.start(actor, task.id)
    work()

    prompt = runs.get(actor, newest_run(actor, task).id).prompt[1]["content"]
    assert "Say more about oolong." in prompt
    assert first in prompt
    assert tasks.get(actor, task.id).status == TaskStatus.REVIEW


def test_an_agent_mentioned_by_a_person_answers_in_the_thread(ada, make, sierra, work):
    actor = as_actor(ada)
    task = make.task()

    comments.add(actor, task.id, "What do you think, @Sierra?")
    work()

    thread, _ = comments.thread(actor, task.id, limit=50)
    assert [comment["author_type"] for comment in thread] == ["user", "agent"]
    assert newest_run(actor, task).trigger == Trigger.MENTION
    assert tasks.get(actor, task.id).status == TaskStatus.TODO


def test_an_agent_never_has_more_runs_than_its_limit(ada, make, sierra):
    for _ in range(3):
        runs.start(as_actor(ada), make.task(agent=sierra).id)

    first, second = runs.claim("one"), runs.claim("two")

    assert first is not None
    assert second is None


def test_a_lost_worker_counts_no_attempt(ada, make, sierra):
    task = make.task(agent=sierra)
    runs.start(as_actor(ada), task.id)
    claim = runs.claim("a worker that dies")

    with time_machine.travel(clock.now().timestamp() + 31, tick=True):
        swept = runs.sweep()

    assert swept.lost == 1
    run = newest_run(as_actor(ada), task)
    assert (run.status, run.attempt) == (RunStatus.QUEUED, 1)
    runs.execute(claim)  # the dead worker was only slow
    assert tasks.get(as_actor(ada), task.id).result is None
