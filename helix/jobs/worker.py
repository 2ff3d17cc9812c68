"""`helix worker`: one parent that loads everything once, and forks processes that share its memory."""

import ctypes
import gc
import logging
import os
import signal
import sys

from flask import Flask
from setproctitle import setproctitle
from sqlalchemy.exc import SQLAlchemyError

from helix import llm, logs, mcp, queue
from helix.db.engine import identity
from helix.extensions import db
from helix.files import kinds
from helix.jobs import context, scheduler
from helix.jobs.parent import Child, Parent
from helix.jobs.rq_worker import QuickWorker, RunsWorker
from helix.jobs.runs import TITLE, worker_name
from helix.queue.connection import blocking_redis
from helix.services import runs, tools
from helix.text import json_schema

log = logging.getLogger(__name__)

SCHEDULER = "scheduler"
# A fresh process after this many jobs frees the memory that libraries accumulate.
MAX_JOBS_PER_PROCESS = 500
PR_SET_PDEATHSIG = 1


def main(app: Flask, kind: str, *, processes: int, with_scheduler: bool = False) -> int:
    """Serve `runs`, `quick` or `all`, and run the scheduler if requested, until stopped. Returns the exit code."""
    setproctitle("helix worker")
    context.bind(app)
    preload()
    with app.app_context():
        database = database_identity()
        preload_client_of_servers()
        sync_tools_file()
        db.session.remove()
        db.engine.dispose()  # forked processes must not share connections
    gc.collect()
    gc.freeze()  # keeps memory shared: a garbage collection in a child would copy it
    children = []
    if with_scheduler:
        children.append(Child(SCHEDULER))
    if kind in ("runs", "all"):
        children += [Child(queue.RUNS, number) for number in range(processes)]
    if kind in ("quick", "all"):
        children += [Child(queue.QUICK), Child(queue.FILES)]
    return Parent(children, serve, database=database).run()


def preload() -> None:
    """Import what runs and the calls of their tools need, so that forked processes share its memory."""
    llm.preload()
    json_schema.preload()
    kinds.preload()


def sync_tools_file() -> None:
    """This host may know MCP servers that the one does not know on which the database was migrated."""
    try:
        tools.sync_tools_file()
    except SQLAlchemyError as error:
        log.warning("The servers of TOOLS_FILE could not be stored: %s", error)


def database_identity() -> str:
    """The identity of the database, by which others recognize its workers; empty if it cannot be read."""
    try:
        return identity(db.engine)
    except SQLAlchemyError as error:
        log.warning("The identity of the database cannot be read: %s", error)
        return ""


def preload_client_of_servers() -> None:
    """Import it before the fork (1.2 s, 21 MB) where there are tool servers; elsewhere a process does at need."""
    try:
        if tools.sources.has_servers():
            mcp.preload()
    except SQLAlchemyError as error:
        log.warning("Whether there are tool servers cannot be read: %s", error)


def serve(child: Child, parent: int) -> None:
    """In the forked process: work until stopped, or until a fresh process is due."""
    stop_with(parent)
    if child.kind == SCHEDULER:
        logs.configure(context.app().config["HELIX"], SCHEDULER)
        scheduler.main(context.app())
        return
    kind = RunsWorker if child.kind == queue.RUNS else QuickWorker
    setproctitle(TITLE if kind is RunsWorker else f"helix worker {child.kind}")
    if kind is RunsWorker and child.predecessor:
        close_lost_run(child.predecessor)
    worker = kind([child.kind], connection=blocking_redis(), name=f"{child.name}:{os.getpid()}", worker_ttl=60)
    worker.log_job_description = False
    worker.procline = lambda message: None  # type: ignore[method-assign]
    worker.work(logging_level="WARNING", max_jobs=MAX_JOBS_PER_PROCESS if kind is RunsWorker else None)


def stop_with(parent: int) -> None:
    """Get SIGTERM if the parent is killed, and then return the current run to the queue. Linux only."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it was killed before the call
            sys.exit(1)


def close_lost_run(pid: int) -> None:
    """Close the run of a killed worker at once, so that its next attempt can start."""
    with context.app().app_context():
        try:
            runs.lost_by(worker_name(pid))
        except SQLAlchemyError as error:
            log.warning("The database did not answer, so the sweeper will close the lost run: %s", error)
