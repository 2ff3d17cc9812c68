"""Wakes workers through RQ, and reports which are alive. Jobs carry ids; the state is in the database."""

from helix.queue.connection import AWAY, use
from helix.queue.jobs import FILES, QUICK, RUNS, ask, begun, enqueue, enqueue_apart, enqueue_once, wake
from helix.queue.presence import (
    QUEUES,
    Presence,
    presence,
    say_alive,
    say_started,
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
    "begun",
    "enqueue",
    "enqueue_apart",
    "enqueue_once",
    "presence",
    "say_alive",
    "say_started",
    "starting",
    "use",
    "wake",
    "workers_here",
    "workers_of",
    "workers_on_this_host",
]
