"""Wakes workers through RQ, and reports which are alive. Jobs carry ids; the state is in the database."""

from helix.queue.connection import AWAY, use
from helix.queue.jobs import FILES, QUICK, RUNS, ask, enqueue, enqueue_once, enqueue_throttled, mark_begun, wake
from helix.queue.presence import (
    QUEUES,
    Presence,
    presence,
    report_alive,
    report_started,
    starting,
    workers_here,
    workers_of,
    workers_on_this_host,
)

__all__ = [
    "AWAY",
    "FILES",
    "QUEUES",
    "QUICK",
    "RUNS",
    "Presence",
    "ask",
    "enqueue",
    "enqueue_once",
    "enqueue_throttled",
    "mark_begun",
    "presence",
    "report_alive",
    "report_started",
    "starting",
    "use",
    "wake",
    "workers_here",
    "workers_of",
    "workers_on_this_host",
]
