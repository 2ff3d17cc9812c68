"""The `helix` command. Imports stand inside the commands, so that each loads only what it needs."""

import json
import sys
from pathlib import Path
from typing import NoReturn

import click

ROOT = Path(__file__).parents[1]


class Group(click.Group):
    """Shows a setting that cannot be used as a sentence instead of a stack trace."""

    def invoke(self, ctx: click.Context) -> object:
        from config import ConfigurationError

        try:
            return super().invoke(ctx)
        except ConfigurationError as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """HELIX Mission Control. Settings come from the environment: docs/configuration.md."""


@main.command()
def run() -> NoReturn:
    """Start the whole installation: queue, web, workers and scheduler under one supervisor."""
    from config import Settings
    from helix.supervisor.run import main as supervise

    sys.exit(supervise(Settings.from_environment()))


@main.command()
def web() -> NoReturn:
    """Start the web server alone (gunicorn, set up by gunicorn.conf.py)."""
    import os

    from config import Settings

    Settings.from_environment()
    os.chdir(ROOT)
    os.execv(sys.executable, [sys.executable, "-m", "gunicorn", "wsgi:app"])  # noqa: S606


@main.command()
@click.argument("kind", type=click.Choice(["runs", "quick", "all"]), default="all")
@click.option("--processes", type=click.IntRange(1, 200), help="Parallel runs. Default: RUN_WORKERS.")
def worker(kind: str, processes: int | None) -> NoReturn:
    """Start workers: of agents' RUNS, of QUICK things (tests, messages), or of ALL."""
    from config import Settings
    from helix.app import create_app
    from helix.jobs import worker as workers
    from helix.schema_version import refuse_mismatch

    settings = Settings.from_environment()
    sys.exit(workers.main(refuse_mismatch(create_app(settings)), kind, processes=processes or settings.run_workers))


@main.command()
def scheduler() -> NoReturn:
    """Start the scheduler: sweeps, retries, reminders. Several may run; one of them works."""
    from helix.app import create_app
    from helix.jobs import scheduler as schedulers
    from helix.schema_version import refuse_mismatch

    sys.exit(schedulers.main(refuse_mismatch(create_app())))


@main.command()
def migrate() -> None:
    """Bring the database to the newest shape. Safe to repeat."""
    from helix.app import create_app

    with create_app().app_context():
        _upgrade()


@main.command()
@click.option("--migrate", "migrate_first", is_flag=True, help="Bring the database to the newest shape first.")
@click.option("--json", "as_json", is_flag=True, help="One line of JSON: created, email, password, setup_key.")
def seed(migrate_first: bool, as_json: bool) -> None:
    """Fill an empty database with the demo organization (SEED_DEMO=0: with nothing but the settings)."""
    from config import Settings
    from helix.app import create_app
    from helix.demo import load

    settings = Settings.from_environment()
    with create_app(settings).app_context():
        if migrate_first:
            _upgrade()
        outcome = load.seed(
            demo=settings.seed_demo, admin_email=settings.admin_email, admin_password=settings.admin_password
        )
    if as_json:
        print(json.dumps(outcome), flush=True)
    else:
        for name, value in outcome.items():
            if value is not None:
                print(f"{name}: {value}")


def _upgrade() -> None:
    import flask_migrate

    flask_migrate.upgrade(directory=str(ROOT / "migrations"))
