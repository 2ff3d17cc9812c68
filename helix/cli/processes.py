"""What an installation consists of, each as a process: the whole of it, or one part."""

import sys
from typing import NoReturn

import click

from helix.cli.application import ROOT, application, settings_with_logs


@click.command()
def run() -> NoReturn:
    """Start the whole installation: queue, web, workers and scheduler under one supervisor."""
    from config import Settings
    from helix.supervisor.run import main as supervise

    sys.exit(supervise(Settings.from_environment()))


@click.command()
def web() -> NoReturn:
    """Start the web server alone (gunicorn, set up by gunicorn.conf.py)."""
    import os

    from config import Settings

    Settings.from_environment().require_writable_folders()
    os.chdir(ROOT)
    os.execv(sys.executable, [sys.executable, "-m", "gunicorn", "wsgi:app"])  # noqa: S606


@click.command()
@click.argument("kind", type=click.Choice(["runs", "quick", "all"]), default="all")
@click.option("--processes", type=click.IntRange(1, 200), help="Parallel runs. Default: RUN_WORKERS.")
@click.option("--with-scheduler", is_flag=True, help="Be the scheduler as well, in a process that shares the memory.")
def worker(kind: str, processes: int | None, with_scheduler: bool) -> NoReturn:
    """Start workers: of agents' RUNS, of QUICK things (tests, messages), or of ALL."""
    settings = settings_with_logs("worker")
    settings.require_writable_folders()

    from helix import queue

    queue.use(settings.redis_address)
    # Before anything that takes seconds to load: who asks a worker meanwhile waits for this one.
    with queue.starting(queue.QUEUES if kind == "all" else (kind,)):
        from helix.jobs import worker as workers
        from helix.schema_version import exit_on_mismatch

        app = exit_on_mismatch(application(settings))
        count = processes or settings.run_workers
        sys.exit(workers.main(app, kind, processes=count, with_scheduler=with_scheduler))


@click.command()
def scheduler() -> NoReturn:
    """Start the scheduler: sweeps, retries, reminders. Several may run; one of them works."""
    settings = settings_with_logs("scheduler")

    from helix.jobs import scheduler as schedulers
    from helix.schema_version import exit_on_mismatch

    sys.exit(schedulers.main(exit_on_mismatch(application(settings))))


@click.command()
def alive() -> NoReturn:
    """Whether workers on this host say that they live: exit code 0 or 1, for a container's health check."""
    from config import Settings
    from helix import queue

    queue.use(Settings.from_environment().redis_address)
    try:
        here = queue.workers_on_this_host()
    except queue.AWAY as error:
        raise click.ClickException(f"Redis cannot be reached, so no worker can be seen: {error}") from error
    print(f"{here} workers of this host are alive.")
    sys.exit(here == 0)


COMMANDS = (run, web, worker, scheduler, alive)
