"""What a wake-up does: take the best run there is, see it to its end, and wake the next worker."""

import os
import socket

from helix import queue
from helix.jobs.context import app, in_app
from helix.jobs.watch import Watch
from helix.services import runs, settings
from helix.transaction import end_reading


def worker_name() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"


@in_app
def work() -> int | None:
    """Claim a run and execute it. Returns its id; None when nothing may start now."""
    claim = runs.claim(worker_name())
    if claim is None:
        return None
    limit = settings.organization().run_timeout_seconds
    end_reading()
    with Watch(app(), claim, seconds=limit) as watch:
        runs.execute(claim, interruptible=watch.interruptible)
    if not watch.stopping and runs.eligible_count(limit=1):
        queue.wake()
    return claim.run_id
