"""Does the database have the shape that this code expects? If not, better not to start than to half work.

Told without alembic, which costs every process half a second and 13 MB: only `migrate` needs it.
"""

import re
from pathlib import Path

from flask import Flask
from sqlalchemy import inspect
from sqlalchemy.exc import OperationalError

from helix.extensions import db

VERSIONS = Path(__file__).parents[1] / "migrations" / "versions"
# As each migration says it, at the beginning of a line.
_REVISION = re.compile(r'^revision = "(\w+)"$', re.MULTILINE)
_BEFORE = re.compile(r'^down_revision = "(\w+)"$', re.MULTILINE)


def mismatch(app: Flask) -> str | None:
    """A sentence that says what to run; None when all is well, or when the database cannot be asked right now."""
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
    """Whether a database of this version can be used, perhaps after it was brought up to date."""
    return revision in _named(_REVISION)


def latest_revision() -> str:
    """The version that no other one comes after."""
    (found,) = _named(_REVISION) - _named(_BEFORE)
    return found


def _named(pattern: re.Pattern[str]) -> set[str]:
    return {found for path in VERSIONS.glob("*.py") for found in pattern.findall(path.read_text())}


def _current() -> str | None:
    with db.engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()


def exit_on_mismatch(app: Flask) -> Flask:
    """The application again; ends the process with the sentence when its database does not fit."""
    problem = mismatch(app)
    if problem:
        raise SystemExit(problem)
    return app
