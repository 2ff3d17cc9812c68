"""What commands share: settings, logs, the application context, and the upgrade of the database."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from flask import Flask

    from helix.settings import Settings

CHECK_DATABASE = "check DATABASE_URL and DATA_DIR; --env-file FILE reads them from the service's environment file."


def settings_with_logs(part: str) -> "Settings":
    """Read the settings and set up logging with them; every log line names `part`."""
    from helix import logs
    from helix.settings import Settings

    settings = Settings.from_environment()
    logs.configure(settings, part)
    return settings


def application(settings: "Settings") -> "Flask":
    from helix.app import create_service_app

    return create_service_app(settings)


@contextmanager
def installation(part: str, *, any_shape: bool = False) -> Iterator["Settings"]:
    """An application context for one command, after a line on standard error that describes the installation.

    Refuses a database whose schema does not match this code, unless `any_shape`. Known errors end the command with a
    message and exit code 1.
    """
    settings = settings_with_logs(part)
    print(settings.description, file=sys.stderr, flush=True)

    from sqlalchemy.exc import OperationalError

    from helix.errors import HelixError
    from helix.schema_version import mismatch

    app = application(settings)
    if not any_shape and (problem := mismatch(app)):
        raise click.ClickException(f"{problem} If this is the wrong database, {CHECK_DATABASE}")
    with app.app_context():
        try:
            yield settings
        except OperationalError as error:
            reason = str(error.orig).strip().splitlines()[0]
            raise click.ClickException(
                f"The database cannot be used: {reason}. Start it, or {CHECK_DATABASE}"
            ) from error
        except HelixError as error:
            raise click.ClickException(error.message) from error


def upgrade() -> None:
    """Migrate the database of the current application to the newest schema, and store the tools of this version."""
    import flask_migrate
    from flask import current_app

    from helix.extensions import db
    from helix.resources import MIGRATIONS
    from helix.services import tools

    # Not in create_app, so that only the process that migrates loads alembic.
    flask_migrate.Migrate(current_app, db)
    flask_migrate.upgrade(directory=str(MIGRATIONS))
    tools.sync_builtin()
    tools.sync_tools_file()
