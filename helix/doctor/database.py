"""Checks of the database: connection, version, schema, search support and clock."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.exc import SQLAlchemyError

from helix import schema_version
from helix.doctor.finding import Finding, error, ok, warning
from helix.extensions import db
from helix.settings import Settings

OLDEST = {"postgresql": (15,), "sqlite": (3, 34)}


def database(_settings: Settings) -> Iterator[Finding]:
    try:
        with db.engine.connect() as connection:
            version = connection.dialect.server_version_info or ()
    except SQLAlchemyError as problem:
        reason = str(getattr(problem, "orig", problem)).strip().splitlines()[0]
        yield error(f"The database cannot be reached: {reason}", "Check DATABASE_URL, and that the server runs.")
        return
    name = db.engine.dialect.name
    words = f"{name} {'.'.join(map(str, version[:2]))}"
    if version < OLDEST[name]:
        yield error(f"The database is {words}.", f"Use {'.'.join(map(str, OLDEST[name]))} or newer.")
    else:
        yield ok(f"Database: {words}")


def shape_of_the_database(_settings: Settings) -> Iterator[Finding]:
    problem = schema_version.mismatch(current_app)  # type: ignore[arg-type]
    if problem:
        what, _, do = problem.partition(". ")
        yield error(f"{what}.", do)
    else:
        yield ok("The database has the shape that this code expects")


def search_and_letters(_settings: Settings) -> Iterator[Finding]:
    """What search needs of PostgreSQL: pg_trgm, and a locale with case mapping for all letters."""
    if db.engine.dialect.name != "postgresql":
        return
    with db.engine.connect() as connection:
        extension = connection.scalar(sa.text("SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm'"))
        encoding, ctype = connection.execute(
            sa.text(
                "SELECT pg_encoding_to_char(encoding), datctype FROM pg_database WHERE datname = current_database()"
            )
        ).one()
    if not extension:
        yield error("The extension pg_trgm is missing.", "Run in this database as its owner: CREATE EXTENSION pg_trgm;")
    if encoding != "UTF8" or ctype in ("C", "POSIX"):
        yield error(
            f"The database's letters are {encoding}/{ctype}: search does not know their case.",
            "Make it anew with: createdb --encoding=UTF8 --locale=C.UTF-8 --template=template0, and restore a backup.",
        )
    if extension and encoding == "UTF8":
        yield ok(f"Search: pg_trgm, {encoding}, {ctype}")


def clocks(_settings: Settings) -> Iterator[Finding]:
    if db.engine.dialect.name != "postgresql":
        return
    with db.engine.connect() as connection:
        before = time.time()
        there = connection.scalar(sa.text("SELECT clock_timestamp()"))
        here = datetime.fromtimestamp((before + time.time()) / 2, UTC)
    apart = abs((there - here).total_seconds()) if there else 0.0
    if apart > 2:
        yield (error if apart > 10 else warning)(
            f"The clocks of this host and of the database are {apart:.1f} s apart.",
            "Keep both by NTP: leases and heartbeats are compared across hosts.",
        )
    else:
        yield ok(f"Clocks agree to {apart * 1000:.0f} ms")


CHECKS = (database, shape_of_the_database, search_and_letters, clocks)
