"""Does the database have the shape that this code expects? If not, better not to start than to half work."""

from pathlib import Path

from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy.exc import OperationalError

from helix.extensions import db

MIGRATIONS = Path(__file__).parents[1] / "migrations"


def mismatch(app: Flask) -> str | None:
    """A sentence that says what to run; None when all is well, or when the database cannot be asked right now."""
    script = _script()
    with app.app_context():
        try:
            with db.engine.connect() as connection:
                current = MigrationContext.configure(connection).get_current_revision()
        except OperationalError:
            return None
        finally:
            db.engine.dispose()
    if current == script.get_current_head():
        return None
    if current is not None and not knows(current):
        return f"The database (at {current}) is ahead of this code. Start the newer code, or restore a back-up."
    return f"The database is behind this code (at {current or 'nothing'}). Run: python -m helix migrate"


def knows(revision: str) -> bool:
    """Whether a database of this version can be used, perhaps after it was brought up to date."""
    return revision in {known.revision for known in _script().walk_revisions()}


def _script() -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return ScriptDirectory.from_config(config)


def refuse_mismatch(app: Flask) -> Flask:
    """The application again; ends the process with the sentence when its database does not fit."""
    problem = mismatch(app)
    if problem:
        raise SystemExit(problem)
    return app
