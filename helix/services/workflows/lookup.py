"""Workflows and their runs, as far as an actor may see them.

Definitions are written by admins. A workflow with a board is seen and started by those who may create tasks there; one
without a board only by admins. A run is seen by those who see its board.
"""

from collections.abc import Collection, Sequence

from sqlalchemy import func, select

from helix.db.locking import lock
from helix.errors import Forbidden, NotFound
from helix.extensions import db
from helix.models import Workflow, WorkflowRun, WorkflowVersion
from helix.models.vocabulary import BoardLevel
from helix.policies import workflows as policy
from helix.policies.actor import Actor
from helix.services import paging
from helix.services.access import on_visible_boards
from helix.services.paging import Page, PageRequest
from helix.services.required_rows import required


def require_admin(actor: Actor) -> None:
    if not policy.may_write(actor):
        raise Forbidden("Only admins write workflows.")


def workflows(actor: Actor) -> Sequence[Workflow]:
    """Those that the actor sees, by name."""
    query = select(Workflow).order_by(func.lower(Workflow.name), Workflow.id)
    if not actor.is_admin:
        query = query.where(
            Workflow.board_id.is_not(None), on_visible_boards(actor, Workflow.board_id, level=BoardLevel.CREATE)
        )
    return db.session.scalars(query).all()


def get(actor: Actor, workflow_id: int) -> Workflow:
    """Raises NotFound when it does not exist or the actor may not see it."""
    workflow = db.session.get(Workflow, workflow_id)
    if workflow is None or not policy.may_see(actor, workflow):
        raise NotFound("There is no such workflow.")
    return workflow


def locked(actor: Actor, workflow_id: int) -> Workflow:
    """As `get`, inside a transaction: the row is locked and current."""
    workflow = lock(Workflow, workflow_id)
    if workflow is None or not policy.may_see(actor, workflow):
        raise NotFound("There is no such workflow.")
    return workflow


def version_of(workflow_id: int, number: int) -> WorkflowVersion:
    """Raises NotFound."""
    return required(db.session.get(WorkflowVersion, (workflow_id, number)), "version")


def versions(actor: Actor, workflow_id: int) -> Sequence[WorkflowVersion]:
    """The published versions, newest first."""
    get(actor, workflow_id)
    query = select(WorkflowVersion).where(WorkflowVersion.workflow_id == workflow_id)
    return db.session.scalars(query.order_by(WorkflowVersion.number.desc())).all()


def run(actor: Actor, run_id: int) -> WorkflowRun:
    """Raises NotFound when it does not exist or the actor may not see its board."""
    found = db.session.get(WorkflowRun, run_id)
    if found is None or not policy.may_see_run(actor, found):
        raise NotFound("There is no such run of a workflow.")
    return found


def latest_runs(actor: Actor, workflow_ids: Collection[int]) -> dict[int, WorkflowRun]:
    """The newest run of each workflow, of those on boards that the actor sees, by workflow."""
    newest = select(func.max(WorkflowRun.id)).group_by(WorkflowRun.workflow_id)
    newest = newest.where(WorkflowRun.workflow_id.in_(workflow_ids), on_visible_boards(actor, WorkflowRun.board_id))
    return {run.workflow_id: run for run in db.session.scalars(select(WorkflowRun).where(WorkflowRun.id.in_(newest)))}


def runs(actor: Actor, workflow_id: int, page: PageRequest) -> Page[WorkflowRun]:
    """The runs of a workflow on boards that the actor sees, newest first."""
    get(actor, workflow_id)
    seen = (WorkflowRun.workflow_id == workflow_id, on_visible_boards(actor, WorkflowRun.board_id))
    return paging.newest_first(select(WorkflowRun).where(*seen), WorkflowRun.id, page)
