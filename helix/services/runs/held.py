"""Writing to a run that a worker holds: every write names its fence."""

from sqlalchemy import func, select

from helix import clock
from helix.extensions import db
from helix.models import Run, RunStep, Task
from helix.models.vocabulary import RunStatus, StepKind
from helix.services.runs.claim import Claim


class ClaimLost(Exception):
    """Somebody else closed or took this run. Whatever was still to be written is dropped."""


def held(claim: Claim) -> Run:
    """The run, locked, inside a transaction. Raises ClaimLost when the fence is void."""
    query = (
        select(Run)
        .where(Run.id == claim.run_id, Run.status == RunStatus.RUNNING, Run.fence == claim.fence)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    run = db.session.scalar(query)
    if run is None:
        raise ClaimLost
    return run


def held_with_task(claim: Claim) -> tuple[Run, Task]:
    """Likewise with its task. The task is locked first, as everybody does who needs both."""
    task = db.session.get_one(Task, claim.task_id, with_for_update=True, populate_existing=True)
    return held(claim), task


def add_step(run: Run, kind: StepKind, title: str, *, content: str | None = None, **facts: object) -> RunStep:
    """A line of the trace. `facts` may carry input_tokens, output_tokens, cost_usd; the rest become details."""
    last = select(func.coalesce(func.max(RunStep.number), 0)).where(RunStep.run_id == run.id).scalar_subquery()
    columns = {name: facts.pop(name) for name in ("input_tokens", "output_tokens", "cost_usd") if name in facts}
    now = clock.now()
    started_at = facts.pop("started_at", now)
    step = RunStep(
        run_id=run.id,
        number=last + 1,
        kind=kind,
        title=title[:200],
        content=content,
        details=facts,
        started_at=started_at,
        finished_at=now,
        **columns,
    )
    db.session.add(step)  # written with what else there is, in the order in which it was added
    return step
