"""What people do with a run: cancel it, retry a step, go on without one."""

import pytest
from sqlalchemy import select

from helix.db.transaction import transaction
from helix.errors import Conflict, Forbidden, Invalid, NotFound
from helix.extensions import db
from helix.models import HumanRequest, Run
from helix.models.vocabulary import BoardLevel, RunStatus, TaskStatus, WorkflowState
from helix.services import tasks, workflows
from helix.services.work import moves
from tests.support.people import as_actor
from tests.support.workflows import agent, person, schema, wait


def fail(bench, run_id, key):
    with transaction():
        task = bench.task(run_id, key)
        run = db.session.scalars(select(Run).where(Run.task_id == task.id, Run.is_live)).one()
        run.status, run.message = RunStatus.FAILED, "It broke."
        moves.put(task, run.came_from)


def test_cancelling_ends_what_runs_and_leaves_what_is_done(bench):
    run_id = bench.started(agent("a"), agent("b", "a"), agent("c", "b"))
    bench.done(run_id, "a")

    workflows.cancel(bench.actor, run_id)

    assert bench.run(run_id).state == WorkflowState.CANCELLED
    assert bench.states(run_id) == {"a": "done", "b": "cancelled", "c": "cancelled"}
    assert [bench.task(run_id, key).status for key in "abc"] == [
        TaskStatus.DONE,
        TaskStatus.CANCELLED,
        TaskStatus.CANCELLED,
    ]
    assert bench.queued(run_id) == []
    assert not db.session.scalars(select(HumanRequest)).all()
    with pytest.raises(Conflict, match="cancelled already"):
        workflows.cancel(bench.actor, run_id)


def test_a_failed_step_is_retried_and_the_run_goes_on(bench):
    run_id = bench.started(agent("a"), agent("b", "a"))
    fail(bench, run_id, "a")

    workflows.retry_step(bench.actor, run_id, "a")
    retried = (bench.run(run_id).state, bench.queued(run_id))
    bench.done(run_id, "a")

    assert retried == (WorkflowState.RUNNING, ["a"])
    assert bench.states(run_id) == {"a": "done", "b": "active"}


def test_a_retried_step_may_be_sent_back_as_often_again(bench):
    run_id = bench.started(agent("a", requires_approval=True, rejections=0))

    def send_back():
        bench.put(run_id, "a", TaskStatus.REVIEW, result="Draft")
        tasks.reject(bench.actor, bench.task(run_id, "a").id, "Shorter.")
        return bench.reason(run_id, "a")

    first = send_back()
    workflows.retry_step(bench.actor, run_id, "a")

    assert send_back() == first == "Its result was sent back 1 times; allowed: 0."


def test_a_step_whose_task_was_cancelled_is_retried_on_the_same_task(bench):
    run_id = bench.started(agent("a"))
    task_id = bench.task(run_id, "a").id
    bench.put(run_id, "a", TaskStatus.CANCELLED)

    workflows.retry_step(bench.actor, run_id, "a")

    assert bench.task(run_id, "a").id == task_id
    assert (bench.task(run_id, "a").status, bench.queued(run_id)) == (TaskStatus.TODO, ["a"])


def test_what_cannot_be_retried_says_why(bench):
    run_id = bench.started(agent("a"), person("b"))

    with pytest.raises(Conflict, match="has not failed: it is active"):
        workflows.retry_step(bench.actor, run_id, "a")
    with pytest.raises(NotFound):
        workflows.retry_step(bench.actor, run_id, "nothing")
    tasks.delete(bench.actor, bench.task(run_id, "b").id)
    with pytest.raises(Conflict, match="Restore it first"):
        workflows.retry_step(bench.actor, run_id, "b")


def test_going_on_without_a_step_with_what_a_person_types(bench):
    run_id = bench.started(
        agent("a", output=schema(words="number")),
        agent("b", "a", description="{{steps.a.output.words}} of {{steps.a.result}}"),
    )
    fail(bench, run_id, "a")

    with pytest.raises(Invalid) as wrong:
        workflows.skip_step(bench.actor, run_id, "a", {"words": "many"})
    workflows.skip_step(bench.actor, run_id, "a", {"words": 300})

    assert wrong.value.problems[0]["loc"] == ["values", "words"]
    assert bench.states(run_id) == {"a": "skipped", "b": "active"}
    assert bench.task(run_id, "a").status == TaskStatus.CANCELLED
    assert bench.task(run_id, "b").blocked_count == 0
    assert bench.task(run_id, "b").description == '300 of {\n  "words": 300\n}'
    assert bench.queued(run_id) == ["b"]


def test_a_skipped_step_without_a_schema_hands_on_a_text(bench):
    run_id = bench.started(agent("a"), agent("b", "a", description="{{steps.a.result}}"))

    with pytest.raises(Invalid):
        workflows.skip_step(bench.actor, run_id, "a", {"words": 3})
    workflows.skip_step(bench.actor, run_id, "a", {"result": "Nothing new."})

    assert bench.task(run_id, "b").description == "Nothing new."
    assert bench.queued(run_id) == ["b"]


def test_a_wait_is_cut_short(bench):
    run_id = bench.started(wait("pause"), agent("a", "pause"))

    workflows.skip_step(bench.actor, run_id, "pause", {})

    assert bench.states(run_id) == {"pause": "skipped", "a": "active"}
    with pytest.raises(Conflict, match="cannot be skipped: it is skipped"):
        workflows.skip_step(bench.actor, run_id, "pause", {})


def test_who_may_change_a_run(bench, mia, noah, make):
    workflow_id = bench.published(agent("a"))
    make.grant(mia, bench.board, BoardLevel.CREATE)
    make.grant(noah, bench.board, BoardLevel.VIEW)
    of_mia = workflows.start(as_actor(mia), workflow_id, {}).id
    of_ada = workflows.start(bench.actor, workflow_id, {}).id

    assert workflows.run_view(as_actor(noah), of_ada)["may_change"] is False
    for actor, run_id in ((as_actor(mia), of_ada), (as_actor(noah), of_mia)):
        with pytest.raises(Forbidden):
            workflows.cancel(actor, run_id)
    workflows.cancel(as_actor(mia), of_mia)
    workflows.cancel(bench.actor, of_ada)
    assert bench.run(of_mia).reason == "Cancelled by Mia."
