"""Enqueuing jobs: a queue for each kind of work, so that short jobs never wait behind long ones."""

import logging
import time
from typing import Any

from rq import Queue
from rq.exceptions import NoSuchJobError
from rq.job import JobStatus

from helix.errors import Unavailable
from helix.queue.connection import AWAY, redis
from helix.queue.presence import presence

log = logging.getLogger(__name__)

RUNS = "runs"
QUICK = "quick"
# Text extraction from uploads: a malicious file takes seconds, and must not delay other jobs.
FILES = "files"
WORK = "helix.jobs.runs.work"
# How long a job of `enqueue_once` that was lost before it began prevents another.
ONCE_MS = 20_000
# Interval at which a starting worker is polled.
STARTING_LOOK_SECONDS = 0.2
# More wake-ups than any host has workers.
ENOUGH = 256


def queue(name: str) -> Queue:
    return Queue(name, connection=redis())


def wake(count: int = 1, *, enough: int = ENOUGH) -> bool:
    """Enqueue `count` wake-ups for run workers, at most up to `enough` waiting ones: any worker finds any run.

    Returns False if Redis is not reachable: the sweeper wakes workers later.
    """
    try:
        runs = queue(RUNS)
        for _ in range(min(count, enough - runs.count)):
            # Above every limit of our own: only for runaway jobs.
            runs.enqueue(WORK, job_timeout=24 * 3600, result_ttl=0, failure_ttl=3600)
    except AWAY as error:
        log.warning("The queue cannot be reached, the run waits for the sweeper: %s", error)
        return False
    return True


def enqueue(function: str, *args: Any, timeout: int = 60, name: str = QUICK) -> bool:
    """Enqueue a short job. Returns False if Redis is not reachable: the caller keeps the work in the database."""
    try:
        queue(name).enqueue(function, args=args, job_timeout=timeout, result_ttl=60, failure_ttl=3600)
    except AWAY as error:
        log.warning("The queue cannot be reached, %s waits for the scheduler: %s", function, error)
        return False
    return True


def enqueue_once(function: str, *, timeout: int = 60) -> bool:
    """Like `enqueue`, for a job without arguments that does all pending work: not again while one is queued.

    The job calls `mark_begun` before it looks for work, so that no later request is missed.
    """
    try:
        if not redis().set(_waits(function), 1, nx=True, px=ONCE_MS):
            return True
    except AWAY as error:
        log.warning("The queue cannot be reached, %s waits for the scheduler: %s", function, error)
        return False
    return enqueue(function, timeout=timeout)


def enqueue_throttled(function: str, *args: Any, seconds: int, name: str = QUICK) -> bool:
    """Like `enqueue`, but only once per `seconds` for the same arguments. Returns False if it was not enqueued now."""
    try:
        if not redis().set(":".join(["helix:apart", function, *map(str, args)]), 1, nx=True, ex=max(seconds, 1)):
            return False
    except AWAY as error:
        log.warning("The queue cannot be reached, %s waits for the scheduler: %s", function, error)
        return False
    return enqueue(function, *args, name=name)


def mark_begun(function: str) -> None:
    """Called when a job of `enqueue_once` begins: from then on it can be enqueued again."""
    redis().delete(_waits(function))


def _waits(function: str) -> str:
    return f"helix:waits:{function}"


def ask(function: str, *args: Any, seconds: float = 20) -> Any:
    """Run a function in a quick worker and wait for its result, also for a worker that is still starting.

    Raises Unavailable: at once if there is no worker or no Redis, else if there is no result in time.
    """
    deadline = time.monotonic() + seconds
    _wait_for_a_worker(deadline)
    try:
        job = queue(QUICK).enqueue(function, args=args, job_timeout=int(seconds) + 5, result_ttl=60, failure_ttl=60)
        while time.monotonic() < deadline:
            status = job.get_status(refresh=True)
            if status == JobStatus.FINISHED:
                return job.return_value(refresh=True)
            if status in (JobStatus.FAILED, JobStatus.STOPPED, JobStatus.CANCELED):
                raise Unavailable("The worker could not do this. Its log says why.")
            time.sleep(0.03)
        job.cancel()
    except AWAY as error:
        raise Unavailable("The queue cannot be reached, so no worker can do this now.") from error
    except NoSuchJobError as error:
        raise Unavailable("The queue was emptied before a worker could answer. Try again.") from error
    raise Unavailable(f"No worker answered within {seconds:.0f} seconds. Check that a worker is running.")


def _wait_for_a_worker(deadline: float) -> None:
    while (workers := presence()).quick == 0:
        if workers.quick_starting == 0:
            raise Unavailable("No worker is running that could do this. Start one, then try again.")
        if time.monotonic() > deadline:
            raise Unavailable("The workers are still starting. Try again in a moment.")
        time.sleep(STARTING_LOOK_SECONDS)
