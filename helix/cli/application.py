"""What the commands begin with: settings, logs, the application, and the newest shape of the database."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from config import Settings

ROOT = Path(__file__).parents[2]


def settings_with_logs(part: str) -> "Settings":
    """The settings, with this process's logs written as they say; `part` stands in every line."""
    from config import Settings
    from helix import logs

    settings = Settings.from_environment()
    logs.set_up(settings, part)
    return settings


def application(settings: "Settings") -> "Flask":
    from helix.app import create_inner_app

    return create_inner_app(settings)


def upgrade() -> None:
    """Bring the database of the current application to the newest shape."""
    import flask_migrate
    from flask import current_app

    from helix.extensions import db

    # Here and not in create_app: no process but the one that migrates has to load alembic.
    flask_migrate.Migrate(current_app, db)
    flask_migrate.upgrade(directory=str(ROOT / "migrations"))
