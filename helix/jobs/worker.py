"""`helix worker`: one parent that loads what is heavy once, and forks the processes that share it."""

import ctypes
import gc
import logging
import os
import signal
import sys

from flask import Flask
from setproctitle import setproctitle
from sqlalchemy.exc import SQLAlchemyError

from helix import llm, logs, queue
from helix.db.engine import identity
from helix.extensions import db
from helix.jobs import context, scheduler
from helix.jobs.parent import Child, Parent
from helix.jobs.rq_worker import QuickWorker, RunsWorker
from helix.jobs.runs import TITLE, worker_name
from helix.queue.connection import blocking_redis
from helix.services import runs

log = logging.getLogger(__name__)

SCHEDULER = "scheduler"
# Whatever a library may hoard is given back now and then.
JOBS_OF_A_PROCESS = 500
PR_SET_PDEATHSIG = 1


def main(app: Flask, kind: str, *, processes: int, with_scheduler: bool = False) -> int:
    """Serve `runs`, `quick` or `all` until told to stop, and look after things too. Returns the exit code."""
    setproctitle("helix worker")
    context.bind(app)
    llm.preload()
    with app.app_context():
        database = which_database()
        db.session.remove()
        db.engine.dispose()  # no connection is carried over a fork
    gc.collect()
    gc.freeze()  # what is loaded stays shared: a collection in a child would copy it
    children = []
    if with_scheduler:
        children.append(Child(SCHEDULER))
    if kind in ("runs", "all"):
        children += [Child(queue.RUNS, number) for number in range(processes)]
    if kind in ("quick", "all"):
        children += [Child(queue.QUICK), Child(queue.FILES)]
    return Parent(children, serve, database=database).run()


def which_database() -> str:
    """For others to know whose workers these are; nothing when the database cannot say."""
    try:
        return identity(db.engine)
    except SQLAlchemyError as error:
        log.warning("The workers cannot say on which database they work: %s", error)
        return ""


def serve(child: Child, parent: int) -> None:
    """In the forked process: work until told to stop, or until a fresh process is due."""
    stop_with(parent)
    if child.kind == SCHEDULER:
        logs.set_up(context.app().config["HELIX"], SCHEDULER)
        scheduler.main(context.app())
        return
    kind = RunsWorker if child.kind == queue.RUNS else QuickWorker
    setproctitle(TITLE if kind is RunsWorker else f"helix worker {child.kind}")
    if kind is RunsWorker and child.predecessor:
        close_what_was_held(child.predecessor)
    worker = kind([child.kind], connection=blocking_redis(), name=f"{child.name}:{os.getpid()}", worker_ttl=60)
    worker.log_job_description = False
    worker.procline = lambda message: None  # type: ignore[method-assign]
    worker.work(logging_level="WARNING", max_jobs=JOBS_OF_A_PROCESS if kind is RunsWorker else None)


def stop_with(parent: int) -> None:
    """Should the parent be killed, this process is told to stop, and hands its run back. Linux alone knows this."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it was killed just now
            sys.exit(1)


def close_what_was_held(pid: int) -> None:
    """The run of a worker that was killed is closed at once by its successor, and gets its next attempt."""
    with context.app().app_context():
        try:
            runs.lost_by(worker_name(pid))
        except SQLAlchemyError as error:
            log.warning("A lost run is left to the sweeper, the database did not answer: %s", error)
