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
from sqlalchemy.exc import DisconnectionError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

from helix.settings.urls import UNRESPONSIVE_SECONDS

# Execution option of the connection of a session that writes; see `transaction`.
WRITES = "helix_writes"
# A connection that was idle for longer is tested before it is used.
TRUSTED_SECONDS = 60.0
# SQLite: how long to wait for the write lock, and the range of seconds between two attempts to take it.
LOCKED_SECONDS = 15.0
BUSY_MILLISECONDS = int(LOCKED_SECONDS * 1000)
RETRY_SECONDS = (0.0005, 0.002)
OTHERS_RETRY_SECONDS = (0.004, 0.012)


def identity(engine: Engine) -> str:
    """A hash that identifies the database, whatever address it is reached by.

    On PostgreSQL of the cluster's system identifier and the database's OID, on SQLite of host and path of the file.
    Raises SQLAlchemyError when the server cannot be reached or denies access to the identifier.
    """
    if engine.dialect.name == "postgresql":
        with engine.connect() as connection:
            query = "SELECT (SELECT system_identifier FROM pg_control_system()), oid FROM pg_database"
            row = connection.exec_driver_sql(f"{query} WHERE datname = current_database()").one()
            name = f"{row[0]}/{row[1]}"
    else:
        name = f"{socket.gethostname()}:{os.path.realpath(engine.url.database or '')}"
    return hashlib.sha256(name.encode()).hexdigest()[:16]


def for_writing(engine: Engine) -> dict[str, Any]:
    """Execution options of a connection that writes in a transaction; others read in autocommit."""
    return {WRITES: True} | ({"isolation_level": "READ COMMITTED"} if engine.dialect.name == "postgresql" else {})


def tune(engine: Engine) -> None:
    """Set up the connections of an engine: timeouts and a test before use on PostgreSQL, pragmas on SQLite."""
    if engine.dialect.name == "postgresql":
        _set_keepalives(engine)
        _use_utc(engine)
        _test_before_use(engine)
        _never_prepare_marked(engine)
    if engine.dialect.name != "sqlite":
        return

    @event.listens_for(engine, "connect")
    def _connect(connection: DBAPIConnection, _record: Any) -> None:
        connection.isolation_level = None  # BEGIN is sent below
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
        # Two read transactions that both start to write fail at once with "database is locked", whatever the timeout.
        # Taking the write lock at the start makes the second one wait instead. Reads run in autocommit.
        if connection.get_execution_options().get(WRITES, False):
            _begin_to_write(connection.connection.driver_connection, engine.url.database)


def _begin_to_write(sqlite: Any, path: str | None) -> None:
    """Take the write lock, with frequent attempts.

    SQLite's busy handler soon sleeps for 25 to 100 ms between two attempts, many times longer than the lock is held:
    several workers then wait for a free lock. But fifty processes that try every millisecond leave no processor time to
    the writer, so only one of those that wait tries often.
    """
    deadline = time.monotonic() + LOCKED_SECONDS
    sqlite.execute("PRAGMA busy_timeout=0")
    try:
        if _begins(sqlite, deadline):
            return
        with _first_waiter(path) as is_first:
            while not _begins(sqlite, deadline):
                seconds = RETRY_SECONDS if is_first() else OTHERS_RETRY_SECONDS
                time.sleep(random.uniform(*seconds))  # noqa: S311 - jitter, not a secret
    finally:
        sqlite.execute(f"PRAGMA busy_timeout={BUSY_MILLISECONDS}")


def _begins(sqlite: Any, deadline: float) -> bool:
    """Whether the transaction has begun; False while another holds the lock. OperationalError at the deadline."""
    begin = "BEGIN IMMEDIATE"
    try:
        sqlite.execute(begin)
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
            # SQLAlchemy wraps the driver's errors in statements, not in event handlers.
            raise OperationalError(begin, None, error) from error
        return False
    return True


@contextmanager
def _first_waiter(path: str | None) -> Iterator[Callable[[], bool]]:
    """Whether this process is the one on this machine that may try often.

    Only a hint: when that process is stopped or killed, the others still get the lock.
    """
    if not path or path == ":memory:":
        yield lambda: True
        return
    # A separate file: closing the database's would release SQLite's own locks on it.
    descriptor = os.open(f"{path}-turn", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def is_first() -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    try:
        yield is_first
    finally:
        os.close(descriptor)


def _set_keepalives(engine: Engine) -> None:
    """Have the server notice a lost client: its locks would block all others for hours."""

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: Any) -> None:
        # Outside of a transaction, whose rollback would reset the settings.
        connection.autocommit = True
        connection.execute(
            "SELECT set_config('tcp_keepalives_idle', '8', false), set_config('tcp_keepalives_interval', '4', false),"
            " set_config('tcp_keepalives_count', '3', false),"
            f" set_config('tcp_user_timeout', '{UNRESPONSIVE_SECONDS * 1000}', false)"
        )
        connection.autocommit = False


def _use_utc(engine: Engine) -> None:
    """Have the driver return times in UTC, whatever the server's zone."""

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: Any) -> None:
        connection.autocommit = True
        connection.execute("SELECT set_config('TimeZone', 'UTC', false)")
        connection.autocommit = False


def _test_before_use(engine: Engine) -> None:
    """Replace connections that the server has closed, without a round trip at every request."""

    @event.listens_for(engine, "checkin")
    def _checkin(_connection: Any, record: ConnectionPoolEntry) -> None:
        record.info["idle_since"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def _checkout(connection: Any, record: ConnectionPoolEntry, _proxy: Any) -> None:
        idle_since = record.info.pop("idle_since", None)
        if idle_since is None:
            return
        # No query is under way: anything to read is the server's message that it closes the connection.
        if connection.closed or _is_readable(connection.fileno()):
            raise DisconnectionError("The server closed the connection.")
        if time.monotonic() - idle_since > TRUSTED_SECONDS:
            _test(connection)


def _never_prepare_marked(engine: Engine) -> None:
    """Statements with the option `planned_each_time` are not prepared: the server would choose one generic plan."""

    @event.listens_for(engine, "do_execute")
    def _execute(cursor: Any, statement: str, parameters: Any, context: ExecutionContext) -> bool:
        if not context.execution_options.get("planned_each_time"):
            return False
        cursor.execute(statement, parameters, prepare=False)
        return True


def _is_readable(descriptor: int) -> bool:
    # select.select takes no descriptors above 1023, which a process with many open pages exceeds.
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(0))


def _test(connection: Any) -> None:
    try:
        connection.execute("SELECT 1")
    except Exception as error:
        raise DisconnectionError("The connection does not respond.") from error
