"""Going on with a run: what its tasks have become, what may start next, and what that makes of the run.

`tasks_changed` follows the status changes of tasks (see work/status_changes.py), in their transaction. Everything here
can be repeated: a state is only ever derived from what the tasks and the steps before are now.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from helix import clock, live
from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import Activity, Agent, Run, Task, TaskLink, User, Workflow, WorkflowRunStep
from helix.models.vocabulary import Role, RunStatus, StepState, TaskStatus, WorkflowState, WorkflowStepKind
from helix.policies.actor import SYSTEM, Actor
from helix.policies.moves import SETTLED
from helix.services import accounts, activity, notifications, tasks
from helix.services.work import cancelling, links, live_runs, moves, queueing
from helix.services.workflows import comparison, placeholders
from helix.services.workflows import definition as definitions
from helix.services.workflows.definition import Step
from helix.services.workflows.state import ENDED, PASSED, TASK_KINDS, RunState
from helix.services.workflows.step_tasks import link, new_task

S = StepState
NOT_HANDED_IN = "It was completed without the values that it has to hand in."
# Steps whose time has come, in one round of the scheduler.
MOST_RESUMED = 200


def tasks_changed(changed: Sequence[Task]) -> None:
    """Bring the runs of these locked tasks up to date, inside the transaction that changed them."""
    by_run: dict[int, list[Task]] = {}
    for task in changed:
        if task.workflow_run_id is not None:
            by_run.setdefault(task.workflow_run_id, []).append(task)
    for run_id, of_run in sorted(by_run.items()):
        state = RunState.locked(run_id)
        if state is None or state.run.state == WorkflowState.CANCELLED:
            continue
        for task in of_run:
            if task.step_key in state.rows:
                _follow(state, state.rows[task.step_key], task)
        advance(state)


def resume_due(limit: int = MOST_RESUMED) -> int:
    """End the steps of kind `wait` whose time has come. Called by the scheduler; returns how many there were."""
    query = (
        select(WorkflowRunStep.workflow_run_id, WorkflowRunStep.key)
        .where(WorkflowRunStep.resume_at <= clock.now(), WorkflowRunStep.state == S.ACTIVE)
        .order_by(WorkflowRunStep.resume_at)
        .limit(limit)
    )
    due = [(row.workflow_run_id, row.key) for row in db.session.execute(query)]
    for run_id, key in due:
        with transaction():
            state = RunState.locked(run_id)
            if state is None or state.run.state != WorkflowState.RUNNING:
                continue
            row = state.rows[key]
            if row.state == S.ACTIVE and row.resume_at is not None and row.resume_at <= clock.now():
                _end(row, S.DONE)
                advance(state)
    return len(due)


def advance(state: RunState) -> None:
    """Start what may start, inside a transaction with the run locked, and set the run's state."""
    moved = True
    while moved and not _failed(state):
        moved = False
        for step in state.steps:
            row, needed = state.rows[step["key"]], state.needs_of(step["key"])
            if row.state == S.ACTIVE and row.kind == WorkflowStepKind.EACH:
                moved |= _collect(state, row)
            if row.state != S.WAITING or any(need.state not in PASSED for need in needed):
                continue
            moved = True
            if needed and all(need.state == S.NOT_TAKEN for need in needed):
                not_take(state, row)
            else:
                activate(state, row)
            if row.state == S.FAILED:
                break
    _settle(state)


def activate(state: RunState, row: WorkflowRunStep) -> None:
    """Begin a step whose needs are met."""
    step = state.step_of(row.key)
    row.state, row.reason, row.finished_at = S.ACTIVE, None, None
    if row.kind in TASK_KINDS:
        _activate_task(state, row, step)
    elif row.kind == WorkflowStepKind.CHOICE:
        _choose(state, row, step)
    elif row.kind == WorkflowStepKind.EACH:
        _expand(state, row, step)
    else:
        row.resume_at = clock.now() + timedelta(hours=step["hours"])


def not_take(state: RunState, row: WorkflowRunStep) -> None:
    """The step is on a way that is not gone: its task is cancelled, and links to it count as met."""
    _end(row, S.NOT_TAKEN)
    _withdraw(state, row)


def skip(state: RunState, row: WorkflowRunStep, output: dict[str, Any] | None, reason: str) -> None:
    """Go on without a step, with the output that a person gave."""
    row.output = output
    _end(row, S.SKIPPED, reason)
    _withdraw(state, row)
    for item in state.items_of(row.key):
        if item.state not in ENDED:
            _end(item, S.SKIPPED, reason)
            _withdraw(state, item)


def fail(row: WorkflowRunStep, reason: str) -> None:
    _end(row, S.FAILED, reason)


def choose(state: RunState, row: WorkflowRunStep, branch: str) -> None:
    """Go the way `then` or `otherwise` from a choice."""
    step = state.step_of(row.key)
    row.output = {"taken": branch}
    _end(row, S.DONE)
    for key in step.get("otherwise" if branch == "then" else "then") or ():
        if state.rows[key].state == S.WAITING:
            not_take(state, state.rows[key])


def starter(state: RunState) -> Actor:
    """Who started the run, or the system when that account is closed."""
    user_id = state.run.started_by_user_id
    return (accounts.actor_by_id(user_id) if user_id else None) or SYSTEM


def _end(row: WorkflowRunStep, ended: StepState, reason: str | None = None) -> None:
    row.state, row.finished_at = ended, clock.now()
    row.reason = reason[:300] if reason else None


def _withdraw(state: RunState, row: WorkflowRunStep) -> None:
    """Cancel the task of a step that is not done, and let whatever needs it go on."""
    task = state.task_of(row.key)
    if task is None:
        return
    if task.deleted_at is None:
        cancelling.cancel_live(SYSTEM, task)
        if task.status not in SETTLED:
            moves.put(task, TaskStatus.CANCELLED)
            activity.record_task(SYSTEM, "task.cancelled", task, what=f"step {row.state}")
    # After it: only a link to a task that is gone keeps what `mark_met` says.
    db.session.flush()
    for task_id in db.session.scalars(select(TaskLink.task_id).where(TaskLink.needs_task_id == task.id)).all():
        links.mark_met(task_id, task.id)


def _follow(state: RunState, row: WorkflowRunStep, task: Task) -> None:
    """What became of the task of a step. A step that has ended stays so, whatever is done with its task."""
    if row.state in ENDED:
        return
    step = state.step_of(row.key)
    if task.deleted_at is not None:
        fail(row, "Its task was deleted.")
    elif task.status in (TaskStatus.DONE, TaskStatus.APPROVED):
        if step.get("output") and row.output is None:
            fail(row, NOT_HANDED_IN)
        else:
            _end(row, S.DONE)
    elif task.archived:
        fail(row, "Its task was archived.")
    elif task.status == TaskStatus.CANCELLED:
        fail(row, "Its task was cancelled.")
    elif (failure := _failure_of(task)) is not None:
        fail(row, failure)
    elif task.status == TaskStatus.REJECTED:
        _sent_back(state, row, step, task)
    elif row.state == S.FAILED and task.status in (TaskStatus.IN_PROGRESS, TaskStatus.REVIEW):
        # Somebody works on it again, without having asked the workflow.
        row.state, row.reason, row.finished_at = S.ACTIVE, None, None


def _failure_of(task: Task) -> str | None:
    """Why the last run of a task has failed for good; None if it has not. A retry would be its last run."""
    last = db.session.get(Run, task.last_run_id) if task.last_run_id else None
    if last is None or last.status != RunStatus.FAILED:
        return None
    return last.message or "Its run failed."


def _sent_back(state: RunState, row: WorkflowRunStep, step: Step, task: Task) -> None:
    """Its result was rejected: the agent tries again, as often as the definition says."""
    allowed = step.get("rejections")
    allowed = definitions.DEFAULT_REJECTIONS if allowed is None else allowed
    count = _rejections(task)
    if row.kind == WorkflowStepKind.AGENT and count > allowed:
        cancelling.cancel_live(SYSTEM, task)
        fail(row, f"Its result was sent back {count} times; allowed: {allowed}.")
        return
    last = db.session.get(Run, task.last_run_id) if task.last_run_id else None
    row.state, row.reason, row.finished_at = S.ACTIVE, None, None
    agent = live_runs.agent_for(task)
    # Not when a person has stopped the run that followed the rejection.
    if agent is not None and agent.deleted_at is None and (last is None or last.status == RunStatus.SUCCEEDED):
        queueing.start_after_rejection(starter(state), task, agent)


def _rejections(task: Task) -> int:
    """How often its result was sent back and that was not undone, since the step was last retried."""
    query = (
        select(Activity.action, Activity.details)
        .where(Activity.entity_type == "task", Activity.entity_id == task.id)
        .where(Activity.action.in_(("task.rejected", "task.review_undone", "task.updated")))
        .order_by(Activity.id)
    )
    count = 0
    for action, details in db.session.execute(query):
        if action == "task.rejected":
            count += 1
        elif action == "task.review_undone":
            count -= details.get("undone") == "task.rejected"
        elif details.get("retried"):
            count = 0
    return max(count, 0)


def _activate_task(state: RunState, row: WorkflowRunStep, step: Step) -> None:
    task = state.task_of(row.key)
    if task is None or task.deleted_at is not None:
        fail(row, "Its task was deleted.")
        return
    _fill(state, row, step, task)
    if task.status in (TaskStatus.DONE, TaskStatus.APPROVED, TaskStatus.CANCELLED) or task.archived:
        _follow(state, row, task)
    elif row.kind == WorkflowStepKind.AGENT:
        queue_run(state, row, task)
    elif task.assigned_user_id and (person := db.session.get(User, task.assigned_user_id)) is not None:
        notifications.assigned_to_person(starter(state), task, person)


def queue_run(state: RunState, row: WorkflowRunStep, task: Task) -> None:
    """Have the agent of a step begin. What holds a run back (a budget, a disabled agent) holds this one back, too."""
    agent = live_runs.agent_for(task)
    if agent is None or agent.deleted_at is not None:
        fail(row, "Its agent is gone. Assign the task to another one, then retry.")
    else:
        queueing.start_auto(starter(state), task, agent)


def _fill(state: RunState, row: WorkflowRunStep, step: Step, task: Task) -> None:
    """Replace the placeholders of steps in the description, now that those are done."""
    written = step.get("description") or ""
    if row.key not in state.by_key or not any(path[0] == "steps" for _, path in placeholders.found(written)):
        return
    # A person may have edited the description since the start.
    is_untouched = task.description == state.fill_inputs(written)
    filled = state.fill(written if is_untouched else task.description)
    if filled != task.description:
        task.description = filled
        task.updated_at = clock.now()
        _publish(task)


def _choose(state: RunState, row: WorkflowRunStep, step: Step) -> None:
    path = placeholders.path_of(step["of"]) or []
    try:
        holds = comparison.holds(state.value_of(path), step["is"], step["value"])
    except comparison.CannotCompare as error:
        fail(row, f"{step['of']} {error}")
    else:
        choose(state, row, "then" if holds else "otherwise")


def _expand(state: RunState, row: WorkflowRunStep, step: Step) -> None:
    """Create a task for every item of the list, and let what needs this step need all of them."""
    items = state.value_of(placeholders.path_of(step["of"]) or [])
    if not isinstance(items, list):
        fail(row, f"{step['of']} is not a list.")
        return
    if len(items) > definitions.MOST_ITEMS:
        fail(row, f"{step['of']} has {len(items)} items; there are at most {definitions.MOST_ITEMS}.")
        return
    inner = step["step"]
    agent = db.session.get(Agent, inner["agent_id"])
    if agent is None or agent.deleted_at is not None:
        fail(row, f"Its agent {inner['agent']} is gone. Skip the step, or start a newer version.")
        return
    # Whoever started the run was allowed to; the right may be gone by now, and the run goes on.
    actor = replace(starter(state), role=Role.ADMIN)
    wanted = []
    for number, item in enumerate(items, 1):

        def part(names: list[str], item: Any = item) -> Any:
            return placeholders.part_of(item, names)

        wanted.append(
            new_task(
                inner,
                step_key=f"{row.key}.{number}",
                title=state.fill(inner["title"], part),
                description=state.fill(inner.get("description") or "", part),
            )
        )
    # Before those of the items are created: their ids are higher.
    dependent = [
        task
        for key in _linked_through(state, row.key)
        if state.rows[key].state not in ENDED and (task := state.task_of(key)) is not None
    ]
    created = tasks.create_many(actor, wanted, board_id=state.run.board_id, workflow_run_id=state.run.id)
    link(((task.id, task_id) for task in dependent for task_id in created), by=actor.user_id)
    for task in dependent:
        links.recount(task)
    for number, (new, task_id) in enumerate(zip(wanted, created, strict=True), 1):
        item_row = WorkflowRunStep(
            workflow_run_id=state.run.id,
            key=new.step_key,
            ordinal=definitions.MOST_STEPS + row.ordinal * 1000 + number,
            kind=WorkflowStepKind.AGENT,
            state=S.ACTIVE,
            task_id=task_id,
        )
        db.session.add(item_row)
        state.rows[item_row.key] = item_row
        if (task := state.task_of(item_row.key)) is not None:
            queue_run(state, item_row, task)


def _linked_through(state: RunState, key: str) -> list[str]:
    """The steps with a task that need this one, directly or through steps without a task."""
    found: list[str] = []
    through = {key}
    for step in state.steps:
        if through.intersection(step.get("needs") or ()):
            if step["kind"] in ("agent", "person"):
                found.append(step["key"])
            else:
                through.add(step["key"])
    return found


def _collect(state: RunState, row: WorkflowRunStep) -> bool:
    """End an `each` when all of its items have ended. Returns whether it has."""
    items = state.items_of(row.key)
    if any(item.state not in PASSED for item in items):
        return False
    row.output = {"items": [item.output for item in items]}
    _end(row, S.DONE)
    return True


def _failed(state: RunState) -> WorkflowRunStep | None:
    return next((row for row in state.rows.values() if row.state == S.FAILED), None)


def _settle(state: RunState) -> None:
    """Set the state of the run from those of its steps."""
    run, failed = state.run, _failed(state)
    if failed is not None:
        wanted, reason = WorkflowState.FAILED, f"{failed.key}: {failed.reason}"[:300]
    elif all(row.state in ENDED for row in state.rows.values()):
        wanted, reason = WorkflowState.DONE, None
    else:
        wanted, reason = WorkflowState.RUNNING, None
    with transaction() as after_commit:
        after_commit(live.publish, "workflow_run", run.id, board_id=run.board_id, workflow_id=run.workflow_id)
    if (run.state, run.reason) == (wanted, reason):
        return
    if run.state != wanted and wanted != WorkflowState.RUNNING:
        _record(state, "workflow.done" if wanted == WorkflowState.DONE else "workflow.failed", reason)
        if failed is not None and not _is_told(failed, state):
            name = db.session.get_one(Workflow, run.workflow_id).name
            notifications.workflow_stopped(run, name, f"{failed.key}: {failed.reason}")
    run.state, run.reason = wanted, reason
    run.finished_at = None if wanted == WorkflowState.RUNNING else clock.now()


def _is_told(failed: WorkflowRunStep, state: RunState) -> bool:
    """Whether the failed run of the step's task has a notification of its own."""
    task = state.task_of(failed.key)
    return task is not None and _failure_of(task) is not None


def _record(state: RunState, action: str, reason: str | None) -> None:
    workflow = db.session.get_one(Workflow, state.run.workflow_id)
    details: dict[str, Any] = {"workflow_run_id": state.run.id} | ({"reason": reason} if reason else {})
    activity.record(SYSTEM, action, "workflow", workflow.id, workflow.name, board_id=state.run.board_id, **details)


def _publish(task: Task) -> None:
    with transaction() as after_commit:
        after_commit(live.publish, "task", task.id, board_id=task.board_id)
