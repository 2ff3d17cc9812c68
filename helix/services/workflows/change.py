"""What people do with a run: cancel it, retry a step that failed, or go on without a step."""

from collections.abc import Mapping
from typing import Any

from helix import clock, live
from helix.db.transaction import transaction
from helix.errors import Conflict, Forbidden, Invalid, NotFound
from helix.extensions import db
from helix.models import Workflow, WorkflowRun, WorkflowRunStep
from helix.models.vocabulary import StepState, TaskStatus, WorkflowState, WorkflowStepKind
from helix.policies import workflows as policy
from helix.policies.actor import Actor
from helix.policies.moves import EXECUTABLE, SETTLED
from helix.services import activity
from helix.services.work import cancelling, moves
from helix.services.workflows import advance, lookup
from helix.services.workflows import definition as definitions
from helix.services.workflows.state import ENDED, PASSED, TASK_KINDS, RunState, lock_with_tasks
from helix.text import json_schema

S = StepState


def cancel(actor: Actor, run_id: int) -> WorkflowRun:
    """End a run: what its agents do is stopped, and its open tasks are cancelled. Raises Conflict when it has ended."""
    with transaction() as after_commit:
        state = _locked(actor, run_id)
        run = state.run
        if run.state not in (WorkflowState.RUNNING, WorkflowState.FAILED):
            raise Conflict(f"This run is {run.state} already.")
        run.state, run.finished_at = WorkflowState.CANCELLED, clock.now()
        run.reason = f"Cancelled by {actor.name}."[:300]
        for row in state.rows.values():
            if row.state in ENDED:
                continue
            row.state, row.finished_at = S.CANCELLED, clock.now()
            task = state.task_of(row.key)
            if task is not None and task.deleted_at is None and task.status not in SETTLED:
                cancelling.cancel_live(actor, task)
                moves.put(task, TaskStatus.CANCELLED)
                activity.record_task(actor, "task.cancelled", task, what="workflow")
        _record(actor, "workflow.cancelled", run)
        after_commit(live.publish, "workflow_run", run.id, board_id=run.board_id, workflow_id=run.workflow_id)
    return run


def retry_step(actor: Actor, run_id: int, key: str) -> WorkflowRun:
    """Do a failed step again, and go on from there. Raises Conflict for a step that has not failed."""
    with transaction():
        state = _locked(actor, run_id)
        row = _row(state, key)
        if row.state != S.FAILED:
            raise Conflict(f"The step {key} has not failed: it is {_words(row.state)}.")
        row.state, row.reason, row.finished_at = S.WAITING, None, None
        if row.kind in TASK_KINDS:
            _reopen(actor, state, row)
        _record(actor, "workflow.step_retried", state.run, step=key)
        # A step whose needs are not met yet waits for them again.
        is_item = key not in state.by_key
        if is_item or all(need.state in PASSED for need in state.needs_of(key)):
            advance.activate(state, row)
        advance.advance(state)
    return state.run


def skip_step(actor: Actor, run_id: int, key: str, values: Mapping[str, Any]) -> WorkflowRun:
    """Go on without a step that has not ended. Its task is cancelled, and links to it count as met.

    `values` take the place of what the step would have brought: for one with an output schema the values that fit it,
    for another agent or person step and for an `each` at most `result` (a text), for a choice `taken` (`then` or
    `otherwise`), for a wait nothing. Raises Invalid at `values`, Conflict for a step that has ended.
    """
    with transaction():
        state = _locked(actor, run_id)
        row = _row(state, key)
        if row.state in ENDED:
            raise Conflict(f"The step {key} cannot be skipped: it is {_words(row.state)}.")
        given = dict(values)
        _check_values(state, row, given)
        if row.kind == WorkflowStepKind.CHOICE:
            advance.choose(state, row, given["taken"])
            row.reason = f"Decided by {actor.name}."[:300]
        else:
            advance.skip(state, row, given or None, f"Skipped by {actor.name}.")
        _record(actor, "workflow.step_skipped", state.run, step=key)
        advance.advance(state)
    return state.run


def _locked(actor: Actor, run_id: int) -> RunState:
    lookup.run(actor, run_id)
    state = lock_with_tasks(run_id)
    if state is None or not policy.may_see_run(actor, state.run):
        raise NotFound("There is no such run of a workflow.")
    if not policy.may_change_run(actor, state.run):
        raise Forbidden("Only whoever started this run, and people who manage its board, may change it.")
    return state


def _row(state: RunState, key: str) -> WorkflowRunStep:
    if state.run.state == WorkflowState.CANCELLED:
        raise Conflict("This run was cancelled. Start the workflow again.")
    row = state.rows.get(key)
    if row is None:
        raise NotFound("This run has no such step.")
    return row


def _reopen(actor: Actor, state: RunState, row: WorkflowRunStep) -> None:
    """Make the task of a failed step one that can be worked on."""
    task = state.task_of(row.key)
    if task is None:
        raise Conflict("The task of this step was deleted for good. Skip the step instead.")
    if task.deleted_at is not None:
        raise Conflict("The task of this step was deleted. Restore it first, or skip the step.")
    if task.archived:
        raise Conflict("The task of this step is archived. Bring it back first, or skip the step.")
    task.auto_stopped = None
    if task.status not in EXECUTABLE:
        moves.put(task, TaskStatus.TODO)
    # Rejections are counted from here.
    activity.record_task(actor, "task.updated", task, fields=["retried"], retried=True)


def _check_values(state: RunState, row: WorkflowRunStep, values: dict[str, Any]) -> None:
    if wrong := definitions.why_unstorable(values):
        raise Invalid.field("values", f"What is handed in {wrong}")
    step = state.step_of(row.key)
    if row.kind == WorkflowStepKind.CHOICE:
        if set(values) != {"taken"} or values["taken"] not in ("then", "otherwise"):
            raise Invalid.field("values", "Say which way to go: taken is then or otherwise.")
        return
    schema = step.get("output")
    if schema:
        problems = json_schema.errors(schema, values)
        if problems:
            raise Invalid(
                [
                    {"loc": ["values", *problem.absolute_path], "msg": problem.message[:300], "type": "value_error"}
                    for problem in problems
                ]
            )
        return
    if row.kind == WorkflowStepKind.WAIT:
        if values:
            raise Invalid.field("values", "A wait hands in nothing.")
    elif set(values) - {"result"} or not isinstance(values.get("result", ""), str):
        raise Invalid.field("values", "This step hands in only a result, which is a text.")


def _words(state: StepState) -> str:
    return state.replace("_", " ")


def _record(actor: Actor, action: str, run: WorkflowRun, **details: Any) -> None:
    workflow = db.session.get_one(Workflow, run.workflow_id)
    activity.record(
        actor,
        action,
        "workflow",
        workflow.id,
        workflow.name,
        board_id=run.board_id,
        workflow_run_id=run.id,
        **details,
    )
