"""Writes to a claimed run: each one checks the fencing token."""

from itertools import groupby
from typing import Any

from sqlalchemy import bindparam, func, insert, select
from sqlalchemy.orm import contains_eager

from helix import clock, live
from helix.db.read import rows
from helix.db.transaction import before_commit, transaction
from helix.db.write import table, write
from helix.extensions import db
from helix.models import Agent, Organization, Run, RunStep, Task
from helix.models.vocabulary import RunStatus, StepKind
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
_NEW_STEPS = insert(table(RunStep))
_LAST_NUMBER = select(func.coalesce(func.max(RunStep.number), 0)).where(RunStep.run_id == bindparam("run"))


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


def show_progress(run: Run, task: Task) -> None:
    """Tell the pages that show this run that there is more of it, inside a transaction."""
    with transaction() as after_commit:
        after_commit(live.publish, "run", run.id, board_id=task.board_id, task_id=task.id)


def add_step(run: Run, kind: StepKind, title: str, *, content: str | None = None, **facts: object) -> None:
    """Add a step to the trace. `facts` may include input_tokens, output_tokens, cost_usd; the rest become details."""
    numbers = {name: facts.pop(name, None) for name in ("input_tokens", "output_tokens", "cost_usd")}
    now = clock.now()
    started_at = facts.pop("started_at", now)
    step = {
        "run_id": run.id,
        "kind": kind,
        "title": title[:200],
        "content": content,
        "details": facts,
        "started_at": started_at,
        "finished_at": now,
        **numbers,
    }
    before_commit(_write_steps, step)


def _write_steps(steps: list[dict[str, Any]]) -> None:
    """Insert the steps in the order in which they were added, numbered after the existing ones."""
    for run_id, new in groupby(steps, lambda step: step["run_id"]):
        last = rows(_LAST_NUMBER, run=run_id)[0][0]
        write(_NEW_STEPS, [step | {"number": number} for number, step in enumerate(new, last + 1)])
