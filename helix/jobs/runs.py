"""What a wake-up does: take the best run there is, see it to its end, and wake the next worker."""

import os
import socket
from typing import Any

from helix import queue
from helix.jobs.context import app, in_app
from helix.jobs.watch import Watch
from helix.services import runs, settings
from helix.transaction import end_reading


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
    with Watch(app(), claim, seconds=limit) as watch:
        runs.execute(claim, interruptible=watch.interruptible)
    if not watch.stopping and runs.eligible_count(limit=1):
        queue.wake()
    return claim.run_id


@in_app
def preview(task_id: int) -> dict[str, Any]:
    """What a run of this task would be sent."""
    return runs.compose_preview(task_id)
