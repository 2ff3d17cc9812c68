"""Checks at start-up that the database schema matches this code.

Reads the migration files without Alembic, which would cost every process half a second and 13 MB of memory.
"""

import re

from flask import Flask
from sqlalchemy import inspect
from sqlalchemy.exc import OperationalError

from helix.extensions import db
from helix.resources import MIGRATIONS

VERSIONS = MIGRATIONS / "versions"
_REVISION = re.compile(r'^revision = "(\w+)"$', re.MULTILINE)
_DOWN_REVISION = re.compile(r'^down_revision = "(\w+)"$', re.MULTILINE)


def mismatch(app: Flask) -> str | None:
    """A message that says what to run, or None when the schema matches or the database cannot be reached."""
    with app.app_context():
        try:
            current = _current()
        except OperationalError:
            return None
        finally:
            db.engine.dispose()
    if current == latest_revision():
        return None
    if current is not None and not is_known(current):
        return f"The database (at {current}) is ahead of this code. Start the newer code, or restore a back-up."
    return f"The database is behind this code (at {current or 'nothing'}). Run: python -m helix migrate"


def is_known(revision: str) -> bool:
    """Whether this code has the migration: a database at this revision can be used or upgraded."""
    return revision in _find_all(_REVISION)


def latest_revision() -> str:
    """The revision that no other migration follows."""
    (found,) = _find_all(_REVISION) - _find_all(_DOWN_REVISION)
    return found


def _find_all(pattern: re.Pattern[str]) -> set[str]:
    return {found for path in VERSIONS.glob("*.py") for found in pattern.findall(path.read_text())}


def _current() -> str | None:
    with db.engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()


def exit_on_mismatch(app: Flask) -> Flask:
    """Return the application, or exit with a message when the schema does not match."""
    problem = mismatch(app)
    if problem:
        raise SystemExit(problem)
    return app
