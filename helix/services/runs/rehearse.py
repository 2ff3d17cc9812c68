"""A worker's rehearsal before it forks: a run from claim to end, in a transaction that is taken back.

Compiling a statement costs more than running it. What the parent has compiled, all that are forked find compiled.
"""

import logging
from decimal import Decimal

from sqlalchemy.exc import SQLAlchemyError

from helix import clock
from helix.db.transaction import make_ready, transaction
from helix.extensions import db
from helix.models import Agent, AiModel, Board, Department, Run, Task
from helix.models.vocabulary import StepKind, TaskStatus, Trigger
from helix.services import budgets
from helix.services.runs import cooldown, finish, heartbeat, material
from helix.services.runs.claim import best_two, eligible_count, take
from helix.services.runs.fenced import add_step, lock_with_payers
from helix.services.work.outcome import Call, Outcome

log = logging.getLogger(__name__)


# A statement that is asked a second time is worked out for good.
TIMES = 2


class _TakenBack(Exception):
    """The rehearsal is over: nothing of it may stay."""


def rehearse() -> None:
    """Never fails a start: a database that is away is met soon enough."""
    try:
        with transaction():
            for number in range(TIMES):
                _rehearse(number)
            raise _TakenBack
    except _TakenBack:
        log.debug("Rehearsed a run")
    except SQLAlchemyError as error:
        log.warning("The first runs will be a little slower, the rehearsal failed: %s", error)


def _rehearse(number: int) -> None:
    eligible_count(limit=1)
    best_two()
    claim = take(*_queued(f"Rehearsal {number}"), "a rehearsal")
    assert claim
    heartbeat.beat(claim)
    work = material.gather(claim)
    run, agent, organization = lock_with_payers(claim)
    run.model, run.prompt = "none", [{"role": "system", "content": "A rehearsal."}]
    add_step(run, StepKind.PROMPT, "Prompt", input_tokens=1)
    budgets.reserve(run, agent, organization, input_tokens=1, max_tokens=100, price=(Decimal(0), Decimal(0)))
    db.session.flush()
    if work is not None:
        call = Call(clock.now(), milliseconds=1)
        finish.succeed(claim, Outcome(text="A rehearsal.", cost_usd=Decimal(0), model="none"), call)
        cooldown.note_success(work.ai_model_id, work.cooldown_key)
    make_ready()


def _queued(name: str) -> tuple[int, int]:
    """A task and its run, by their ids."""
    now = clock.now()
    department = Department(name=name, name_key=f"\N{ZERO WIDTH SPACE}{name}")
    model = AiModel(provider="demo", model_name="demo", display_name=name, created_at=now)
    db.session.add_all([department, model])
    db.session.flush()
    board = Board(name=name, department_id=department.id)
    agent = Agent(name=name, ai_model_id=model.id, created_at=now, updated_at=now)
    db.session.add_all([board, agent])
    db.session.flush()
    task = Task(title=name, board_id=board.id, position="a0", status=TaskStatus.TODO)
    task.assigned_agent_id, task.created_at, task.updated_at = agent.id, now, now
    db.session.add(task)
    db.session.flush()
    run = Run(task_id=task.id, agent_id=agent.id, trigger=Trigger.MANUAL, came_from=TaskStatus.TODO, queued_at=now)
    db.session.add(run)
    db.session.flush()
    return task.id, run.id
