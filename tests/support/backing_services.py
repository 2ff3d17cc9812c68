"""The database and Redis that tests run against, and clearing them between tests."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import sqlalchemy as sa
from flask import Flask

from helix.cli import application
from tests.support.waiting import wait_for

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Servers:
    """The environment of an installation of this test worker's own."""

    environment: dict[str, str]


@contextmanager
def servers(folder: Path, *, durable: bool = False) -> Iterator[Servers]:
    """`durable`: what PostgreSQL has committed survives a crash of its server."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
    for_tests = ("HELIX_FAST_PASSWORDS", "HELIX_DEMO_DELAY_SECONDS")
    environment = {"DATA_DIR": str(folder), "PORT": "8000"}
    environment |= {name: os.environ[name] for name in for_tests if name in os.environ}
    with _database(worker, durable=durable) as database_url, _redis(worker, folder) as redis_url:
        if database_url:
            environment["DATABASE_URL"] = database_url
        environment["REDIS_URL"] = redis_url
        yield Servers(environment)


@contextmanager
def _database(worker: str, *, durable: bool) -> Iterator[str | None]:
    """None: SQLite in the data folder. Else a PostgreSQL database made for this worker beside the one named."""
    url = os.environ.get("TEST_DATABASE_URL")
    if not url:
        yield None
        return
    name = f"helix_test_{os.getpid()}_{worker}_{secrets.token_hex(3)}"
    admin = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with admin.connect() as connection:
        connection.execute(sa.text(f'CREATE DATABASE "{name}"'))
        if not durable:
            # Every test commits many times, and nobody needs these rows after a crash of the machine.
            connection.execute(sa.text(f'ALTER DATABASE "{name}" SET synchronous_commit = off'))
    parts = urlsplit(url)
    try:
        yield urlunsplit(parts._replace(path=f"/{name}"))
    finally:
        with admin.connect() as connection:
            connection.execute(sa.text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
        admin.dispose()


@contextmanager
def _redis(worker: str, folder: Path) -> Iterator[str]:
    """A Redis database of its own: numbered on a real server, else a private server."""
    url = os.environ.get("TEST_REDIS_URL")
    if url:
        number = int(worker.removeprefix("gw") or 0)
        yield urlunsplit(urlsplit(url)._replace(path=f"/{15 - number % 8}"))
        return
    with private_redis(folder) as address:
        yield address


@contextmanager
def private_redis(folder: Path) -> Iterator[str]:
    """The address of one that lives as long as the block."""
    from helix.supervisor.redis_server import RedisServer

    server = RedisServer(folder, "auto", dict(os.environ))
    server.start()
    try:
        wait_for(server.answers)
        yield server.url
    finally:
        server.process.terminate()
        wait_for(lambda: not server.process.alive())


def migrate(app: Flask) -> None:
    with app.app_context():
        application.upgrade()


def create_organization() -> None:
    """What every installation has from its first day. Written plainly: this happens before every single test."""
    from helix import clock, live
    from helix.extensions import db
    from helix.models import Organization
    from helix.services import tools

    with db.engine.begin() as connection:
        named = sa.insert(Organization).values(id=1, name="My organization", created_at=clock.now())
        connection.execute(named)
    tools.sync_builtin()
    live.writes.written()
    live.rights.changed()


def clear(app: Flask) -> None:
    """Empty every table, Redis, and the file store."""
    from helix.extensions import db
    from helix.queue.connection import redis
    from helix.services import paging, stored_files

    paging.clear_cache()
    db.session.rollback()
    db.session.remove()
    with db.engine.begin() as connection:
        driver: Any = connection.connection.driver_connection
        if connection.dialect.name == "sqlite":
            driver.executescript(f"BEGIN IMMEDIATE; PRAGMA defer_foreign_keys=ON; {_deletes()} COMMIT;")
        else:
            driver.execute(_deletes())
    redis().flushdb()
    store = stored_files.store()
    for key in list(store.keys()):
        store.delete(key)


@cache
def _deletes() -> str:
    """All of it in one go: asking table by table would take longer than many a test."""
    from helix.extensions import db

    return "".join(f"DELETE FROM {table.name}; " for table in reversed(db.metadata.sorted_tables))
