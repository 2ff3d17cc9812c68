"""How connections to the two databases behave."""

import fcntl
import hashlib
import os
import random
import select
import socket
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.engine import Connection, ExecutionContext
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry

from helix.settings.urls import UNRESPONSIVE_SECONDS

# Set on the connection of a session that is going to write; see `transaction`.
WRITES = "helix_writes"
# A connection that was idle for longer is asked whether it still works before it is used.
TRUSTED_SECONDS = 60.0
# SQLite: how long one waits for others, and in seconds how often one asks whether they have written.
LOCKED_SECONDS = 15.0
BUSY_MILLISECONDS = int(LOCKED_SECONDS * 1000)
BETWEEN_LOOKS = (0.0005, 0.002)
BETWEEN_OTHERS_LOOKS = (0.004, 0.012)


def identity(engine: Engine) -> str:
    """What tells this database from every other one, by whatever address it is reached.

    PostgreSQL says it of its cluster and the database in it, SQLite's is the path of the file on this machine.
    Raises SQLAlchemyError when the server cannot be reached or does not tell.
    """
    if engine.dialect.name == "postgresql":
        with engine.connect() as connection:
            asked = "SELECT (SELECT system_identifier FROM pg_control_system()), oid FROM pg_database"
            row = connection.exec_driver_sql(f"{asked} WHERE datname = current_database()").one()
            found = f"{row[0]}/{row[1]}"
    else:
        found = f"{socket.gethostname()}:{os.path.realpath(engine.url.database or '')}"
    return hashlib.sha256(found.encode()).hexdigest()[:16]


def for_writing(engine: Engine) -> dict[str, Any]:
    """Options of a connection that has one transaction around its statements; others read, each by itself."""
    return {WRITES: True} | ({"isolation_level": "READ COMMITTED"} if engine.dialect.name == "postgresql" else {})


def tune(engine: Engine) -> None:
    """Write-ahead log, foreign keys, and patience for SQLite; a look at the connection before use for PostgreSQL."""
    if engine.dialect.name == "postgresql":
        _let_go_of_the_vanished(engine)
        _speak_utc(engine)
        _look_before_use(engine)
        _plan_each_time(engine)
    if engine.dialect.name != "sqlite":
        return

    @event.listens_for(engine, "connect")
    def _connect(connection: DBAPIConnection, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=NORMAL",
            "foreign_keys=ON",
            f"busy_timeout={BUSY_MILLISECONDS}",
            "recursive_triggers=ON",
            "cache_size=-16000",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # Two readers that both turn into writers fail at once with "database is locked", whatever
        # the timeout. Taking the write lock at the start makes the second one wait instead.
        # What only reads needs none: each statement stands for itself.
        if connection.get_execution_options().get(WRITES, False):
            _begin_to_write(connection.connection.driver_connection, engine.url.database)


def _begin_to_write(sqlite: Any, path: str | None) -> None:
    """Wait for the write lock by asking for it often.

    SQLite's own patience soon sleeps for 25 to 100 ms between two looks, which is many times longer than the lock is
    held: several workers then wait for a lock that nobody has. But fifty that look every millisecond leave no
    processor to the one that writes: one of them does, and the others look now and then.
    """
    deadline = time.monotonic() + LOCKED_SECONDS
    sqlite.execute("PRAGMA busy_timeout=0")
    try:
        if _begins(sqlite, deadline):
            return
        with _next_in_turn(path) as is_next:
            while not _begins(sqlite, deadline):
                looks = BETWEEN_LOOKS if is_next() else BETWEEN_OTHERS_LOOKS
                time.sleep(random.uniform(*looks))  # noqa: S311 - spreads those who wait, guards nothing
    finally:
        sqlite.execute(f"PRAGMA busy_timeout={BUSY_MILLISECONDS}")


def _begins(sqlite: Any, deadline: float) -> bool:
    """False while somebody else writes; after the deadline that is an error."""
    try:
        sqlite.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
            raise
        return False
    return True


@contextmanager
def _next_in_turn(path: str | None) -> Iterator[Callable[[], bool]]:
    """Whether this is the one of all that wait on this machine that looks often. It says no more than that: should it
    be stopped or killed, the others go on."""
    if not path or path == ":memory:":
        yield lambda: True
        return
    # A file of its own: to close the database's would end SQLite's locks on it.
    descriptor = os.open(f"{path}-turn", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def is_next() -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    try:
        yield is_next
    finally:
        os.close(descriptor)


def _let_go_of_the_vanished(engine: Engine) -> None:
    """The server, too, must notice it: else the locks of a machine that was cut off would stop all others for hours."""

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: Any) -> None:
        # Outside of a transaction, whose end would take the settings back.
        connection.autocommit = True
        connection.execute(
            "SELECT set_config('tcp_keepalives_idle', '8', false), set_config('tcp_keepalives_interval', '4', false),"
            " set_config('tcp_keepalives_count', '3', false),"
            f" set_config('tcp_user_timeout', '{UNRESPONSIVE_SECONDS * 1000}', false)"
        )
        connection.autocommit = False


def _speak_utc(engine: Engine) -> None:
    """Times come in UTC as the driver makes them, whatever zone the server lives in."""

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: Any) -> None:
        connection.autocommit = True
        connection.execute("SELECT set_config('TimeZone', 'UTC', false)")
        connection.autocommit = False


def _look_before_use(engine: Engine) -> None:
    """After a restart of the database its old connections are replaced, without a round trip at every request."""

    @event.listens_for(engine, "checkin")
    def _checkin(_connection: Any, record: ConnectionPoolEntry) -> None:
        record.info["idle_since"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def _checkout(connection: Any, record: ConnectionPoolEntry, _proxy: Any) -> None:
        idle_since = record.info.pop("idle_since", None)
        if idle_since is None:
            return
        # Nobody was asked anything: whatever there is to be read is the server's good-bye.
        if connection.closed or _has_something_to_read(connection.fileno()):
            raise DisconnectionError("The server closed the connection.")
        if time.monotonic() - idle_since > TRUSTED_SECONDS:
            _ask(connection)


def _plan_each_time(engine: Engine) -> None:
    """Statements with the option `planned_each_time` are not prepared: the server would settle on one generic plan."""

    @event.listens_for(engine, "do_execute")
    def _execute(cursor: Any, statement: str, parameters: Any, context: ExecutionContext) -> bool:
        if not context.execution_options.get("planned_each_time"):
            return False
        cursor.execute(statement, parameters, prepare=False)
        return True


def _has_something_to_read(descriptor: int) -> bool:
    # Not by select.select: with many open pages the numbers go beyond what that takes.
    looking = select.poll()
    looking.register(descriptor, select.POLLIN)
    return bool(looking.poll(0))


def _ask(connection: Any) -> None:
    try:
        connection.execute("SELECT 1")
    except Exception as error:
        raise DisconnectionError("The connection does not answer any more.") from error
