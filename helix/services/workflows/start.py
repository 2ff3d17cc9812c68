"""Starting a workflow: its run, and the tasks of all steps with their links, in one transaction."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy import insert, select

from helix import clock, live
from helix.db.locking import KEY_SHARE, lock
from helix.db.transaction import transaction
from helix.db.write import insert_object, table, write
from helix.errors import Conflict, Forbidden, Invalid, NotFound
from helix.extensions import db
from helix.models import Task, Workflow, WorkflowRun, WorkflowRunStep
from helix.models.vocabulary import BoardLevel, StepState, TaskOrigin, WorkflowState, WorkflowStepKind
from helix.policies import workflows as policy
from helix.policies.actor import Actor
from helix.services import activity, tasks
from helix.services.workflows import advance, lookup, names
from helix.services.workflows import definition as definitions
from helix.services.workflows.definition import Definition
from helix.services.workflows.state import RunState
from helix.services.workflows.step_tasks import link, new_task, tasks_before


def start(
    actor: Actor,
    workflow_id: int,
    input: Mapping[str, Any],
    *,
    origin: TaskOrigin = TaskOrigin.MANUAL,
    board_id: int | None = None,
    external_key: str | None = None,
    max_usd: Decimal | None = None,
) -> WorkflowRun:
    """Start the newest version. All agent and person steps become tasks on the board at once, linked by their needs.

    `board_id` replaces the workflow's board. `origin` says what starts it. `external_key` exists once: a second start
    with it returns the run of the first. `max_usd` limits what all of its runs cost, besides what the definition says.

    Raises Conflict when the workflow is disabled or names an agent or a person that is gone, Invalid for inputs that do
    not fit (`input`, KEY) or when no board is named, Forbidden without the level `create` on the board.
    """
    with transaction() as after_commit:
        # Held, so that nobody publishes or deletes it meanwhile.
        workflow = lock(Workflow, workflow_id, **KEY_SHARE)
        if workflow is None or not policy.may_see(actor, workflow):
            raise NotFound("There is no such workflow.")
        if external_key is not None and (existing := _of_key(workflow, external_key)) is not None:
            return existing
        definition = _startable(workflow)
        board_id = board_id if board_id is not None else workflow.board_id
        if board_id is None:
            raise Invalid.field("board_id", "This workflow has no board. Name the one that its tasks go to.")
        if BoardLevel.VIEW <= actor.level_on(board_id) < BoardLevel.CREATE:
            raise Forbidden("Your level on this board does not let you put tasks there.")
        limits = [Decimal(str(definition["max_usd"]))] if definition.get("max_usd") is not None else []
        limits += [max_usd] if max_usd is not None else []
        run = insert_object(
            WorkflowRun,
            workflow_id=workflow.id,
            number=workflow.number,
            board_id=board_id,
            input=check_input(definition, input),
            state=WorkflowState.RUNNING,
            origin=origin,
            max_usd=min(limits, default=None),
            started_by_user_id=actor.user_id,
            created_at=clock.now(),
        )
        state = _create_steps(actor, run, definition, external_key)
        activity.record(
            actor, "workflow.started", "workflow", workflow.id, workflow.name, board_id=board_id, workflow_run_id=run.id
        )
        advance.advance(state)
        after_commit(live.publish, "workflow_run", run.id, board_id=board_id, workflow_id=workflow.id)
    return run


def check_input(definition: Definition, given: Mapping[str, Any]) -> dict[str, Any]:
    """The values of the inputs, with their defaults. Raises Invalid with every error at `input`, KEY."""
    if wrong := definitions.why_unstorable(dict(given)):
        raise Invalid.field("input", f"An input {wrong}")
    wanted = {one["key"]: one for one in definition.get("input") or ()}
    problems: list[dict[str, Any]] = []
    values: dict[str, Any] = {}
    for key in given:
        if key not in wanted:
            problems.append(_problem(key[:60], f"There is no input {key[:60]}."))
    for key, one in wanted.items():
        value = given.get(key)
        if isinstance(value, str) and not value.strip():
            value = None
        if value is None:
            value = one.get("default")
        if value is None:
            if one.get("required"):
                problems.append(_problem(key, "This is needed."))
        elif wrong := definitions.wrong_input(one, value):
            problems.append(_problem(key, wrong))
        else:
            values[key] = value
    if problems:
        raise Invalid(problems)
    return values


def _problem(key: str, message: str) -> dict[str, Any]:
    return {"loc": ["input", key], "msg": message, "type": "value_error"}


def _of_key(workflow: Workflow, external_key: str) -> WorkflowRun | None:
    query = select(WorkflowRun).join(Task, Task.workflow_run_id == WorkflowRun.id)
    query = query.where(WorkflowRun.workflow_id == workflow.id, Task.external_key == _task_key(external_key))
    return db.session.scalar(query)


def _task_key(external_key: str) -> str:
    """The key of the first task of a run."""
    return f"{external_key}:first"


def _startable(workflow: Workflow) -> Definition:
    if not workflow.number:
        raise Conflict("This workflow has no version yet. Publish it first.")
    if not workflow.enabled:
        raise Conflict("This workflow is disabled. Enable it first.")
    definition = lookup.version_of(workflow.id, workflow.number).definition
    if gone := names.why_gone(definition):
        raise Conflict(gone)
    return definition


def _create_steps(actor: Actor, run: WorkflowRun, definition: Definition, external_key: str | None) -> RunState:
    """The rows of all steps, and the tasks of those that an agent or a person does."""
    state = RunState(run, definition, {})
    # In this order the id of a task is higher than those of what it needs: locks are taken in the order of ids.
    with_task = [step for step in state.steps if step["kind"] in ("agent", "person")]
    before = tasks_before(state.steps)
    wanted = [
        new_task(
            step,
            step_key=step["key"],
            title=state.fill_inputs(step["title"]),
            description=state.fill_inputs(step.get("description") or ""),
            external_key=_task_key(external_key) if external_key and place == 0 else None,
            blocked_count=len(before[step["key"]]),
        )
        for place, step in enumerate(with_task)
    ]
    created = tasks.create_many(actor, wanted, board_id=run.board_id, workflow_run_id=run.id)
    ids = {step["key"]: task_id for step, task_id in zip(with_task, created, strict=True)}
    link(((ids[key], ids[need]) for key in ids for need in sorted(before[key])), by=actor.user_id)
    values = [
        {
            "workflow_run_id": run.id,
            "key": step["key"],
            "ordinal": ordinal,
            "kind": WorkflowStepKind(step["kind"]),
            "state": StepState.WAITING,
            "task_id": ids.get(step["key"]),
        }
        for ordinal, step in enumerate(definition["steps"])
    ]
    write(insert(table(WorkflowRunStep)), values)
    return RunState.of(run)
