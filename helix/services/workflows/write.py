"""Writing workflows: drafts, their publication, and whether they can be started. For admins."""

from typing import Any

from sqlalchemy import func, select

from helix import clock, live
from helix.db.transaction import transaction
from helix.errors import Conflict, Invalid
from helix.extensions import db
from helix.models import Board, Workflow, WorkflowRun, WorkflowVersion
from helix.models.vocabulary import WorkflowState
from helix.policies.actor import Actor
from helix.services import activity
from helix.services.conflicts import StaleEdit, conflict_on_duplicate
from helix.services.workflows import definition as definitions
from helix.services.workflows import lookup, names
from helix.services.workflows.serialize import serialize

MOST = 500
EMPTY: dict[str, Any] = {"input": [], "steps": []}


def create(
    actor: Actor,
    *,
    name: str,
    description: str = "",
    board_id: int | None = None,
    definition: Any = None,
) -> Workflow:
    """A new workflow, disabled and without a version. Its draft may still have errors (`definition.describe_errors`).

    Raises Conflict when the name is taken.
    """
    lookup.require_admin(actor)
    draft = definitions.refuse_unstorable(EMPTY if definition is None else definition)
    now = clock.now()
    with transaction() as after_commit:
        _check_board(board_id)
        if (db.session.scalar(select(func.count(Workflow.id))) or 0) >= MOST:
            raise Conflict(f"There are {MOST} workflows already. Delete one first.")
        workflow = Workflow(
            name=name,
            description=description,
            board_id=board_id,
            draft=names.without_ids(draft),
            created_by_user_id=actor.user_id,
            created_at=now,
            updated_at=now,
        )
        with conflict_on_duplicate(_taken(name)):
            db.session.add(workflow)
        _record(actor, "workflow.created", workflow)
        after_commit(live.publish, "workflow", workflow.id)
    return workflow


def edit(actor: Actor, workflow_id: int, changes: dict[str, Any], *, version: int | None = None) -> Workflow:
    """Apply the fields that were sent: name, description, board_id, definition (the draft).

    Raises StaleEdit with the present workflow when `version` is not the current one, Conflict when the name is taken.
    """
    lookup.require_admin(actor)
    with transaction() as after_commit:
        workflow = lookup.locked(actor, workflow_id)
        if version is not None and version != workflow.version:
            raise StaleEdit("workflow", serialize(workflow))
        changes = dict(changes)
        if "definition" in changes:
            changes["draft"] = names.without_ids(definitions.refuse_unstorable(changes.pop("definition")))
        if "board_id" in changes:
            _check_board(changes["board_id"])
        changed = [name for name, value in changes.items() if getattr(workflow, name) != value]
        with conflict_on_duplicate(_taken(changes.get("name", workflow.name))):
            for name in changed:
                setattr(workflow, name, changes[name])
        if changed:
            workflow.version += 1
            workflow.updated_at = clock.now()
            _record(actor, "workflow.updated", workflow, fields=sorted(changed))
            after_commit(live.publish, "workflow", workflow.id)
    return workflow


def publish(actor: Actor, workflow_id: int) -> Workflow:
    """Make a version of the draft, which later starts use. Nothing happens if the newest version is the same.

    Raises Invalid with every error of the draft, each at its field below `definition`.
    """
    lookup.require_admin(actor)
    with transaction() as after_commit:
        workflow = lookup.locked(actor, workflow_id)
        resolved, problems = names.resolve(definitions.check(workflow.draft))
        if problems:
            raise Invalid([problem | {"loc": ["definition", *problem["loc"]]} for problem in problems])
        newest = db.session.get(WorkflowVersion, (workflow.id, workflow.number)) if workflow.number else None
        if newest is not None and newest.definition == resolved:
            return workflow
        workflow.number += 1
        workflow.version += 1
        workflow.updated_at = clock.now()
        db.session.add(
            WorkflowVersion(
                workflow_id=workflow.id,
                number=workflow.number,
                definition=resolved,
                user_id=actor.user_id,
                created_at=clock.now(),
            )
        )
        _record(actor, "workflow.published", workflow, number=workflow.number)
        after_commit(live.publish, "workflow", workflow.id)
    return workflow


def set_enabled(actor: Actor, workflow_id: int, *, enabled: bool) -> Workflow:
    """Whether it can be started. Runs under way go on. Raises Conflict for one that was never published."""
    lookup.require_admin(actor)
    with transaction() as after_commit:
        workflow = lookup.locked(actor, workflow_id)
        if enabled and not workflow.number:
            raise Conflict("This workflow has no version yet. Publish it first.")
        if workflow.enabled != enabled:
            workflow.enabled = enabled
            workflow.version += 1
            workflow.updated_at = clock.now()
            _record(actor, "workflow.updated", workflow, fields=["enabled"])
            after_commit(live.publish, "workflow", workflow.id)
    return workflow


def delete(actor: Actor, workflow_id: int) -> None:
    """Delete it with its versions, its runs and the schedules that start it; the tasks of its runs stay.

    Raises Conflict while a run is under way.
    """
    lookup.require_admin(actor)
    with transaction() as after_commit:
        workflow = lookup.locked(actor, workflow_id)
        running = select(func.count(WorkflowRun.id)).where(
            WorkflowRun.workflow_id == workflow.id, WorkflowRun.state == WorkflowState.RUNNING
        )
        if db.session.scalar(running):
            raise Conflict("A run of this workflow is under way. Cancel it first, or wait for its end.")
        db.session.delete(workflow)
        _record(actor, "workflow.deleted", workflow)
        after_commit(live.publish, "workflow", workflow_id)


def describe_errors(workflow: Workflow) -> list[definitions.Problem]:
    """Every error of the draft, also of the names in it: `definition.describe_errors` with `names.resolve`."""
    return definitions.describe_errors(workflow.draft) or names.resolve(workflow.draft)[1]


def _check_board(board_id: int | None) -> None:
    if board_id is not None and db.session.get(Board, board_id) is None:
        raise Invalid.field("board_id", f"There is no board {board_id}.")


def _taken(name: str) -> str:
    return f"There is a workflow {name} already. Choose another name."


def _record(actor: Actor, action: str, workflow: Workflow, **details: Any) -> None:
    activity.record(
        actor, action, "workflow", workflow.id, workflow.name, board_id=workflow.board_id, admin_only=True, **details
    )
