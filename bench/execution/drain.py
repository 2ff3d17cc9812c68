"""Throughput of a thousand empty runs, compared with empty jobs in plain RQ. Two workers each."""

import multiprocessing
import subprocess
import sys
import time

from redis import Redis
from rq import Queue, Worker

from bench.execution.rows import Row, installation
from tests.support.installation import ROOT, Installation
from tests.support.waiting import wait_for

RUNS = 1000
WORKERS = 2
BARE = "bare"
# Tasks in a transaction, for the filling.
AT_ONCE = 50


def drained() -> list[Row]:
    with installation(RUN_WORKERS=str(WORKERS), HELIX_DEMO_DELAY_SECONDS="0") as running:
        bare = of_rq(running.environment["REDIS_URL"])
        fill(running)
        running.start("second worker")
        ours = of_runs(running)
    return [
        Row(f"{RUNS} no-op jobs of bare RQ, {WORKERS} workers", f"{bare:.0f} a second", ""),
        Row(
            f"{RUNS} queued no-op runs, {WORKERS} workers",
            f"{ours:.0f} a second, {ours / bare:.2f} of bare RQ",
            "0.50",
        ),
    ]


def of_rq(url: str) -> float:
    redis = Redis.from_url(url)
    queue = Queue(BARE, connection=redis)
    for _ in range(RUNS):
        queue.enqueue("time.sleep", 0, result_ttl=0)
    workers = [multiprocessing.get_context("spawn").Process(target=bare_worker, args=(url,)) for _ in range(WORKERS)]
    for worker in workers:
        worker.start()
    wait_for(lambda: queue.count < RUNS, 60, "the first job")
    began = time.monotonic()
    wait_for(lambda: queue.count == 0, 300, "the last job")
    rate = RUNS / (time.monotonic() - began)
    for worker in workers:
        worker.join()
    return rate


def bare_worker(url: str) -> None:
    connection = Redis.from_url(url)
    worker = Worker([Queue(BARE, connection=connection)], connection=connection)
    worker.log_job_description = False
    worker.work(burst=True, logging_level="ERROR")


def fill(running: Installation) -> None:
    """Tasks with queued runs, through the services, while no worker is there."""
    code = f"from bench.execution.drain import queue_runs; queue_runs({RUNS})"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=running.environment, check=True)


def queue_runs(count: int) -> None:
    from helix.app import create_app
    from helix.db.transaction import transaction
    from helix.extensions import db
    from helix.models import Agent, Board
    from helix.policies.actor import SYSTEM
    from helix.services import tasks

    with create_app().app_context():
        agent_id = db.session.query(Agent.id).first()[0]
        # One whose Review column is never full.
        board_id = next(board.id for board in db.session.query(Board) if not board.wip_limits)
        with transaction():
            agent = db.session.get_one(Agent, agent_id)
            agent.max_parallel_runs, agent.execution_mode = WORKERS, "auto"
        for begin in range(0, count, AT_ONCE):
            with transaction():
                for number in range(begin, min(begin + AT_ONCE, count)):
                    tasks.create(SYSTEM, title=f"No-op {number}", board_id=board_id, assigned_agent_id=agent_id)


def of_runs(running: Installation) -> float:
    """By the database's own times: from the first start to the last end."""
    from sqlalchemy import create_engine, text

    engine = create_engine(running.database_url)

    def one(query: str):  # type: ignore[no-untyped-def]
        with engine.connect() as connection:
            return connection.execute(text(query)).one()

    newest = f"id > (SELECT max(id) - {RUNS} FROM runs)"
    wait_for(lambda: one(f"SELECT count(*) FROM runs WHERE {newest} AND status = 'succeeded'")[0] == RUNS, 170, "all")
    first, last = one(f"SELECT min(started_at), max(finished_at) FROM runs WHERE {newest}")
    engine.dispose()
    return RUNS / (at(last) - at(first))


def at(moment: object) -> float:
    from datetime import datetime

    return (datetime.fromisoformat(moment) if isinstance(moment, str) else moment).timestamp()  # type: ignore[union-attr]
