"""Processor time of an empty run in one process: on a shared machine it is more meaningful than rates.

`python -m bench.execution.cost [--runs 300] [--profile]`, on SQLite and a private Redis, or on the servers of the
TEST_ variables.
"""

import argparse
import cProfile
import os
import pstats
import time
from typing import Any

from bench.execution.drain import queue_runs
from bench.execution.rows import installation
from bench.processor import Backends

# Then the process is warm: statements are compiled, connections are open.
FIRST = 50


def main() -> None:
    asked = _arguments()
    with installation(HELIX_DEMO_DELAY_SECONDS="0") as running:
        os.environ |= running.environment
        queue_runs(asked.runs * (2 if asked.profile else 1) + FIRST)
        _measure(asked)


def _measure(asked: argparse.Namespace) -> None:
    from helix import logs
    from helix.app import create_app
    from helix.extensions import db
    from helix.jobs import context
    from helix.settings import Settings

    settings = Settings.from_environment()
    logs.configure(settings, "worker")
    app = create_app(settings)
    context.bind(app)
    backends = Backends(app, db)
    _work(FIRST)
    there, here, began = backends.seconds(), time.process_time(), time.monotonic()
    _work(asked.runs)
    here, took = time.process_time() - here, time.monotonic() - began
    there = backends.seconds() - there
    print(
        f"a run: {here * 1000 / asked.runs:.2f} ms of processor time, {there * 1000 / asked.runs:.2f} in PostgreSQL, "
        f"{took * 1000 / asked.runs:.2f} ms in all"
    )
    if asked.profile:
        profile = cProfile.Profile(time.process_time)
        profile.enable()
        _work(asked.runs)
        profile.disable()
        pstats.Stats(profile).sort_stats("tottime").print_stats(60)
        pstats.Stats(profile).sort_stats("cumtime").print_stats(140)


def _work(count: int) -> None:
    from helix.jobs import runs as jobs
    from helix.jobs.context import app

    for _ in range(count):
        with app().app_context():
            assert jobs._execute_next()


def _arguments() -> Any:
    parser = argparse.ArgumentParser(prog="python -m bench.execution.cost", description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=300)
    parser.add_argument("--profile", action="store_true", help="where the time went, by function")
    return parser.parse_args()


if __name__ == "__main__":
    main()
