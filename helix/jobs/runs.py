"""What a wake-up does: take the best run there is and see it to its end, then the next, until nothing may start."""

import logging
import os
import socket
import time
from typing import Any

from setproctitle import setproctitle

from helix import logs, queue, shutdown
from helix.jobs.context import app, in_app
from helix.jobs.watch import Watch
from helix.services import runs

log = logging.getLogger(__name__)

# Then another wake-up goes on: far below the time limit of a job in the queue, whatever that of a run is.
LONG_ENOUGH_SECONDS = 300.0
TITLE = "helix worker runs"


def worker_name(pid: int) -> str:
    """How a process that executes runs signs them."""
    return f"{socket.gethostname()}:{pid}"


def work() -> int:
    """Claim runs and execute them, one after the other. Returns how many there were."""
    done, until = 0, time.monotonic() + LONG_ENOUGH_SECONDS
    while time.monotonic() < until:
        with app().app_context():
            if shutdown.is_stopping() or not _one():
                return done
        done += 1
    queue.wake()
    return done


def _one() -> bool:
    """False when nothing may start now."""
    claim = runs.claim(worker_name(os.getpid()))
    if claim is None:
        return False
    if claim.more_may_start:
        queue.wake(enough=1)
    about = {"run_id": claim.run_id, "task_id": claim.task_id, "agent_id": claim.agent_id}
    began = time.monotonic()
    setproctitle(f"{TITLE}: run {claim.run_id}")
    try:
        with logs.bound(**about), Watch(app(), claim) as watch:
            log.info("A run begins")
            runs.execute(claim, interruptible=watch.interruptible)
            log.info("The run is out of hand", extra={"seconds": round(time.monotonic() - began, 2)})
    finally:
        setproctitle(TITLE)
    return True


@in_app
def weigh_skills(agent_id: int) -> dict[str, Any] | None:
    """What the skills of an agent take of its model's window. For the quick worker."""
    return runs.weigh_skills(agent_id)


@in_app
def preview(task_id: int) -> dict[str, Any]:
    """What a run of this task would be sent."""
    return runs.compose_preview(task_id)
