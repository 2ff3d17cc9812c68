"""The job behind a wake-up: claim the next run and execute it, then the next, until none may start."""

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

# After this time another wake-up continues. Far below the time limit of an RQ job, whatever the limit of a run.
MAX_JOB_SECONDS = 300.0
TITLE = "helix worker runs"


def worker_name(pid: int) -> str:
    """The name under which a process claims runs."""
    return f"{socket.gethostname()}:{pid}"


def work() -> int:
    """Claim runs and execute them, one after the other. Returns how many were executed."""
    done, until = 0, time.monotonic() + MAX_JOB_SECONDS
    while time.monotonic() < until:
        with app().app_context():
            if shutdown.is_stopping() or not _execute_next():
                return done
        done += 1
    queue.wake()
    return done


def _execute_next() -> bool:
    """Execute one run. Returns False if none may start now."""
    claim = runs.claim(worker_name(os.getpid()))
    if claim is None:
        return False
    if claim.more_may_start:
        queue.wake(enough=1)
    context = {"run_id": claim.run_id, "task_id": claim.task_id, "agent_id": claim.agent_id}
    began = time.monotonic()
    setproctitle(f"{TITLE}: run {claim.run_id}")
    try:
        with logs.bound(**context), Watch(app(), claim) as watch:
            log.info("A run begins")
            runs.execute(claim, interruptible=watch.interruptible)
            log.info("The run is out of hand", extra={"seconds": round(time.monotonic() - began, 2)})
    finally:
        setproctitle(TITLE)
    return True


@in_app
def weigh_skills(agent_id: int) -> dict[str, Any] | None:
    """How many tokens of its model's context window an agent's skills take. For the quick worker."""
    return runs.weigh_skills(agent_id)


@in_app
def preview(task_id: int) -> dict[str, Any]:
    """The prompt that a run of this task would get."""
    return runs.compose_preview(task_id)


@in_app
def try_agent(trial_id: str) -> None:
    """Answer a message to an agent outside of a task. For a worker of runs."""
    with Watch(app(), runs.trial.Answering(trial_id), runs.trial.beat) as watch:
        runs.trial.answer(trial_id, interruptible=watch.interruptible)
