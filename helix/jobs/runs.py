"""What a wake-up does: take the best run there is, see it to its end, and wake the next worker."""

import logging
import os
import socket
import time
from typing import Any

from helix import logs, queue
from helix.jobs.context import app, in_app
from helix.jobs.watch import Watch
from helix.services import runs, settings
from helix.transaction import end_reading

log = logging.getLogger(__name__)


def worker_name(pid: int) -> str:
    """How a process that executes runs signs them."""
    return f"{socket.gethostname()}:{pid}"


@in_app
def work() -> int | None:
    """Claim a run and execute it. Returns its id; None when nothing may start now."""
    claim = runs.claim(worker_name(os.getpid()))
    if claim is None:
        return None
    limit = settings.organization().run_timeout_seconds
    end_reading()
    about = {"run_id": claim.run_id, "task_id": claim.task_id, "agent_id": claim.agent_id}
    began = time.monotonic()
    with logs.bound(**about), Watch(app(), claim, seconds=limit) as watch:
        log.info("A run begins")
        runs.execute(claim, interruptible=watch.interruptible)
        log.info("The run is out of hand", extra={"seconds": round(time.monotonic() - began, 2)})
    if not watch.stopping and runs.eligible_count(limit=1):
        queue.wake()
    return claim.run_id


@in_app
def preview(task_id: int) -> dict[str, Any]:
    """What a run of this task would be sent."""
    return runs.compose_preview(task_id)
