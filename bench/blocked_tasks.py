"""What tasks that wait cost claims: `python -m bench.flow --only blocked`.

Processor time of this process, which is more meaningful on a shared machine than rates.
"""

import os
import statistics
import time

from bench.execution.drain import queue_runs
from bench.execution.rows import Row, installation

BLOCKED, CLAIMS, ROUNDS = 500, 40, 3


def blocked() -> list[Row]:
    """Claims beside 500 tasks that wait for another one and are to run by themselves, and beside 500 others, in turns.

    The others have no agent. Both kinds are written in the same way, which is felt by the claims that follow.
    """
    with installation(HELIX_DEMO_DELAY_SECONDS="0") as running:
        os.environ |= running.environment
        queue_runs(CLAIMS * (2 * ROUNDS + 1))

        from helix.app import create_app

        with create_app().app_context():
            _claims()
            without, there = list[float](), list[float]()
            for _ in range(ROUNDS):
                for waits, spent in ((False, without), (True, there)):
                    needed = _add(waits=waits)
                    spent.append(_claims())
                    _remove(needed)
    before, after = statistics.median(without), statistics.median(there)
    change = (after / before - 1) * 100
    value = f"{before:.2f} ms of processor time, {after:.2f} with them ({change:+.1f} %)"
    return [Row(f"a claim beside {BLOCKED} blocked tasks", value, "± 5 %")]


def _claims() -> float:
    """Milliseconds of processor time of one claim. Each run is put aside, so that its agent takes the next one."""
    from helix.db.locking import lock_one
    from helix.db.transaction import transaction
    from helix.models import Run
    from helix.models.vocabulary import RunStatus
    from helix.services import runs

    spent = 0.0
    for _ in range(CLAIMS):
        began = time.process_time()
        claim = runs.claim("bench")
        spent += time.process_time() - began
        assert claim is not None
        with transaction():
            lock_one(Run, claim.run_id).status = RunStatus.CANCELLED
    return spent * 1000 / CLAIMS


def _add(*, waits: bool) -> int:
    """Returns the id of the task that all of them need, or that the others only stand beside."""
    from helix.db.transaction import transaction
    from helix.extensions import db
    from helix.models import Agent, Board
    from helix.policies.actor import SYSTEM
    from helix.services import tasks
    from helix.services.work import links, queueing

    agent = db.session.query(Agent).first()
    board_id = next(board.id for board in db.session.query(Board) if not board.wip_limits)
    assert agent is not None
    agent_id = agent.id
    with transaction():
        needed = tasks.create(SYSTEM, title="Needed", board_id=board_id)
        waiting = [
            tasks.create(
                SYSTEM, title=f"Task {number}", board_id=board_id, assigned_agent_id=agent_id if waits else None
            )
            for number in range(BLOCKED)
        ]
        links.add_all([(task, needed) for task in waiting], by=None)
        if not waits:
            return needed.id
        of_all = db.session.get_one(Agent, agent_id)
        for task in waiting:
            assert queueing.start_auto(SYSTEM, task, of_all) is None
    return needed.id


def _remove(needed_id: int) -> None:
    from sqlalchemy import delete, select

    from helix.db.transaction import transaction
    from helix.extensions import db
    from helix.models import Task, TaskLink

    with transaction():
        waiting = select(TaskLink.task_id).where(TaskLink.needs_task_id == needed_id)
        db.session.execute(delete(Task).where(Task.id.in_(waiting)).execution_options(synchronize_session=False))
