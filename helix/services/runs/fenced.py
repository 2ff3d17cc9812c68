"""Writes to a claimed run: each one checks the fencing token."""

from sqlalchemy import bindparam, select
from sqlalchemy.orm import contains_eager, load_only

from helix.extensions import db
from helix.models import Agent, Organization, Run, Task, ToolCall
from helix.models.vocabulary import RunStatus
from helix.services import settings
from helix.services.runs.claim import Claim

# Constants: building these statements costs more than executing them.
_UNDER_THE_FENCE = (Run.id == bindparam("run"), Run.status == RunStatus.RUNNING, Run.fence == bindparam("fence"))
_WITH_PAYERS = (
    select(Run, Organization)
    .join(Run.agent)
    .outerjoin(Organization, Organization.id == 1)
    .options(contains_eager(Run.agent))
    .where(*_UNDER_THE_FENCE)
    .with_for_update(of=Run)
    .execution_options(populate_existing=True)
)
# PostgreSQL locks in the order of `of`: the task first, as everywhere.
_WITH_TASK = (
    select(Task, Run)
    .join(Run, Run.task_id == Task.id)
    .join(Run.agent)
    .options(contains_eager(Run.agent))
    .where(*_UNDER_THE_FENCE)
    .with_for_update(of=(Task, Run))
    .execution_options(populate_existing=True)
)
# Locking the call as well makes PostgreSQL read it anew after it has waited for the locks. Of task and agent what most
# calls need; the rest is read when it is asked for.
_WITH_CALL = (
    select(Task, Run, ToolCall)
    .join(Run, Run.task_id == Task.id)
    .join(Run.agent)
    .join(ToolCall, ToolCall.id == bindparam("call"))
    .options(load_only(Task.board_id), contains_eager(Run.agent).load_only(Agent.name))
    .where(*_UNDER_THE_FENCE)
    .with_for_update(of=(Task, Run, ToolCall))
    .execution_options(populate_existing=True)
)


class ClaimLost(Exception):
    """The run was closed or claimed by another process. Pending writes are dropped."""


def lock_with_payers(claim: Claim) -> tuple[Run, Agent, Organization]:
    """The locked run, its agent and the organization. Raises ClaimLost for an outdated fencing token."""
    row = db.session.execute(_WITH_PAYERS, {"run": claim.run_id, "fence": claim.fence}).one_or_none()
    if row is None:
        raise ClaimLost
    run, organization = row
    return run, run.agent, organization or settings.organization()


def lock_with_task(claim: Claim) -> tuple[Run, Task]:
    """The locked run and task, with the run's agent loaded. Raises ClaimLost for an outdated fencing token."""
    row = db.session.execute(_WITH_TASK, {"run": claim.run_id, "fence": claim.fence}).one_or_none()
    if row is None:
        raise ClaimLost
    task, run = row
    return run, task


def lock_with_call(claim: Claim, call_id: int) -> tuple[Run, Task, ToolCall]:
    """The locked run, task and call. Raises ClaimLost for an outdated fencing token."""
    found = {"run": claim.run_id, "fence": claim.fence, "call": call_id}
    row = db.session.execute(_WITH_CALL, found).one_or_none()
    if row is None:
        raise ClaimLost
    task, run, call = row
    return run, task, call
