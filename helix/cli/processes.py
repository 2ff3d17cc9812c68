"""Commands that start the whole installation or one of its processes."""

import sys
from typing import NoReturn

import click

from helix.cli.application import application, settings_with_logs


@click.command()
def run() -> NoReturn:
    """Start the whole installation: queue, web, workers and scheduler under one supervisor."""
    from helix.settings import Settings
    from helix.supervisor.run import main as supervise

    sys.exit(supervise(Settings.from_environment()))


@click.command()
def web() -> NoReturn:
    """Start the web server alone (gunicorn, set up by gunicorn.conf.py)."""
    import os

    from helix import resources
    from helix.settings import Settings

    settings = Settings.from_environment()
    settings.require_writable_folders()
    # These two may be relative to the current folder.
    os.environ |= {"DATA_DIR": str(settings.data_dir), "DATABASE_URL": settings.database_url}
    # gunicorn puts its working folder first in `sys.path`.
    os.chdir(resources.IMPORT_PATH)
    command = [sys.executable, "-m", "gunicorn", "--config", str(resources.GUNICORN_CONFIG), "helix.wsgi:app"]
    os.execv(sys.executable, command)  # noqa: S606


@click.command()
@click.argument("kind", type=click.Choice(["runs", "quick", "all"]), default="all")
@click.option("--processes", type=click.IntRange(1, 200), help="Parallel runs. Default: RUN_WORKERS.")
@click.option("--with-scheduler", is_flag=True, help="Also run the scheduler, in a process that shares memory.")
def worker(kind: str, processes: int | None, with_scheduler: bool) -> NoReturn:
    """Start workers for agents' RUNS, for QUICK jobs (tests, messages), or for ALL."""
    settings = settings_with_logs("worker")
    settings.require_writable_folders()

    from helix import queue

    queue.use(settings.resolved_redis_url)
    # Before the slow imports, so that requests that need a worker wait for this one.
    with queue.starting(queue.QUEUES if kind == "all" else (kind,)):
        from helix.jobs import worker as workers
        from helix.schema_version import exit_on_mismatch

        app = exit_on_mismatch(application(settings))
        count = processes or settings.run_workers
        sys.exit(workers.main(app, kind, processes=count, with_scheduler=with_scheduler))


@click.command()
def scheduler() -> NoReturn:
    """Start the scheduler: sweeps, retries, reminders. Several may run; only one is active."""
    settings = settings_with_logs("scheduler")

    from helix.jobs import scheduler as schedulers
    from helix.schema_version import exit_on_mismatch

    sys.exit(schedulers.main(exit_on_mismatch(application(settings))))


@click.command()
def alive() -> NoReturn:
    """Check that workers on this host are alive: exit code 0 or 1, for a container's health check."""
    from helix import queue
    from helix.settings import Settings

    queue.use(Settings.from_environment().resolved_redis_url)
    try:
        here = queue.workers_on_this_host()
    except queue.AWAY as error:
        raise click.ClickException(f"Redis cannot be reached, so workers cannot be checked: {error}") from error
    print(f"{here} workers of this host are alive.")
    sys.exit(here == 0)


COMMANDS = (run, web, worker, scheduler, alive)
