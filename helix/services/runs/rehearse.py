"""A worker's rehearsal before it forks: one run from claim to end, in a transaction that is taken back.

Compiling a statement costs more than running it, and a work horse is forked for every run. What the parent has
compiled once, all its horses find compiled.
"""

import logging
from decimal import Decimal

from sqlalchemy.exc import SQLAlchemyError

from helix import clock
from helix.extensions import db
from helix.models import Agent, AiModel, Board, Department, Run, Task
from helix.models.vocabulary import RunStatus, StepKind, TaskStatus, Trigger
from helix.services import budgets
from helix.services.runs import finish, material, pulse
from helix.services.runs.claim import Claim, eligible_count
from helix.services.runs.held import add_step, held_with_payers
from helix.services.runs.outcome import Outcome
from helix.transaction import transaction

log = logging.getLogger(__name__)


class _TakenBack(Exception):
    """The rehearsal is over: nothing of it may stay."""


def rehearse() -> None:
    """Never fails a start: a database that is away is met soon enough."""
    try:
        with transaction():
            _rehearse()
            raise _TakenBack
    except _TakenBack:
        log.debug("Rehearsed a run")
    except SQLAlchemyError as error:
        log.warning("The first runs will be a little slower, the rehearsal failed: %s", error)


def _rehearse() -> None:
    eligible_count(limit=1)
    claim = _claimed()
    pulse.beat(claim)
    work = material.gather(claim)
    run, agent, organization = held_with_payers(claim)
    run.model, run.prompt = "none", [{"role": "system", "content": "A rehearsal."}]
    add_step(run, StepKind.PROMPT, "Prompt", input_tokens=1)
    budgets.reserve(run, agent, organization, input_tokens=1, max_tokens=100, price=(Decimal(0), Decimal(0)))
    db.session.flush()
    if work is not None:
        finish.succeed(claim, Outcome(text="A rehearsal.", cost_usd=Decimal(0), model="none"))


def _claimed() -> Claim:
    now = clock.now()
    department = Department(name="Rehearsal", name_key="\N{ZERO WIDTH SPACE}rehearsal")
    model = AiModel(provider="demo", model_name="demo", display_name="Rehearsal", created_at=now)
    db.session.add_all([department, model])
    db.session.flush()
    board = Board(name="Rehearsal", department_id=department.id)
    agent = Agent(name="Rehearsal", ai_model_id=model.id, created_at=now, updated_at=now)
    db.session.add_all([board, agent])
    db.session.flush()
    task = Task(title="Rehearsal", board_id=board.id, position="a0", status=TaskStatus.IN_PROGRESS)
    task.created_at = task.updated_at = now
    db.session.add(task)
    db.session.flush()
    run = Run(task_id=task.id, agent_id=agent.id, trigger=Trigger.MANUAL, came_from=TaskStatus.TODO, queued_at=now)
    run.status, run.fence, run.started_at = RunStatus.RUNNING, 1, now
    db.session.add(run)
    db.session.flush()
    return Claim(run.id, run.fence, task.id, board.id, agent.id)
