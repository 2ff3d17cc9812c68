"""What the commands begin with: settings, logs, the application, and the newest shape of the database."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from flask import Flask

    from config import Settings

ROOT = Path(__file__).parents[2]
ANOTHER = "check DATABASE_URL and DATA_DIR; --env-file FILE reads them from the service's environment file."


def settings_with_logs(part: str) -> "Settings":
    """The settings, with this process's logs written as they say; `part` stands in every line."""
    from config import Settings
    from helix import logs

    settings = Settings.from_environment()
    logs.configure(settings, part)
    return settings


def application(settings: "Settings") -> "Flask":
    from helix.app import create_service_app

    return create_service_app(settings)


@contextmanager
def installation(part: str, *, any_shape: bool = False) -> Iterator["Settings"]:
    """An application context for one command, after a line on standard error that says what it works on.

    Refuses a database that does not have the shape of this code, but for commands that look at or make it
    (`any_shape`). What fails for a known reason ends the command with a sentence and exit code 1.
    """
    settings = settings_with_logs(part)
    print(settings.place, file=sys.stderr, flush=True)

    from sqlalchemy.exc import OperationalError

    from helix.errors import HelixError
    from helix.schema_version import mismatch

    app = application(settings)
    if not any_shape and (problem := mismatch(app)):
        raise click.ClickException(f"{problem} If this is the wrong database, {ANOTHER}")
    with app.app_context():
        try:
            yield settings
        except OperationalError as error:
            reason = str(error.orig).strip().splitlines()[0]
            raise click.ClickException(f"The database cannot be used: {reason}. Start it, or {ANOTHER}") from error
        except HelixError as error:
            raise click.ClickException(error.message) from error


def upgrade() -> None:
    """Bring the database of the current application to the newest shape."""
    import flask_migrate
    from flask import current_app

    from helix.extensions import db

    # Here and not in create_app: no process but the one that migrates has to load alembic.
    flask_migrate.Migrate(current_app, db)
    flask_migrate.upgrade(directory=str(ROOT / "migrations"))
