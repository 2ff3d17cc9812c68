"""PostgreSQL: by pg_dump and pg_restore, from the packages postgresql-client."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import sqlalchemy as sa

from helix.backups.errors import BackupError

NAME = "postgresql"


@contextmanager
def snapshot(url: sa.URL, into: IO[bytes], _folder: Path) -> Iterator[sa.Connection]:
    """Dump the database, and give a connection that sees the same moment as the dump."""
    program = _program("pg_dump")
    engine = sa.create_engine(url, poolclass=sa.NullPool, isolation_level="REPEATABLE READ")
    with engine.connect() as connection:
        moment = connection.scalar(sa.text("SELECT pg_export_snapshot()"))
        _run([program, "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={moment}"], url, stdout=into)
        yield connection


def put_back(content: IO[bytes], url: sa.URL) -> None:
    """Empty the database, then bring in the tables of the dump in one transaction: it is all of them or none."""
    program = _program("pg_restore")
    with tempfile.TemporaryDirectory(prefix="helix-restore-") as place:
        dump = Path(place) / "dump"
        with dump.open("wb") as file:
            shutil.copyfileobj(content, file, 1024 * 1024)
        listing = subprocess.run([program, "--list", str(dump)], capture_output=True, text=True, check=False)  # noqa: S603
        if listing.returncode:
            raise BackupError(f"pg_restore cannot read the dump: {listing.stderr.strip()}")
        wanted = Path(place) / "wanted"
        # Extensions and the schema belong to whoever made the database, who need not be us.
        lines = [line for line in listing.stdout.splitlines() if " EXTENSION " not in line and " SCHEMA " not in line]
        wanted.write_text("\n".join(lines))
        _empty(url)
        options = ["--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error"]
        _run([program, *options, f"--use-list={wanted}", str(dump)], url, add="--dbname")


def _empty(url: sa.URL) -> None:
    """Drop what is there: this is only come to when it is nothing, or when it may be replaced."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE EXTENSION IF NOT EXISTS pg_trgm"))
        for table in sa.inspect(connection).get_table_names():
            connection.exec_driver_sql(f'DROP TABLE "{table}" CASCADE')
        connection.execute(sa.text("DROP FUNCTION IF EXISTS tally_tasks()"))


def _program(name: str) -> str:
    found = shutil.which(name)
    if not found:
        raise BackupError(
            f"{name} is not installed here. Install the client of your PostgreSQL (Debian: postgresql-client), "
            "in the server's version or newer."
        )
    return found


def _run(command: list[str], url: sa.URL, *, stdout: IO[bytes] | None = None, add: str = "--dbname") -> None:
    """With the password in the environment, where a list of processes does not show it."""
    address = url.set(drivername="postgresql", password=None).render_as_string()
    environment = os.environ | ({"PGPASSWORD": str(url.password)} if url.password else {})
    with tempfile.TemporaryFile() as words:
        done = subprocess.run(  # noqa: S603
            [*command[:1], f"{add}={address}", *command[1:]],
            stdout=_descriptor(stdout),
            stderr=words,
            env=environment,
            check=False,
        )
        if done.returncode:
            words.seek(0)
            said = words.read(4000).decode(errors="replace").strip()
            raise BackupError(f"{Path(command[0]).name} failed: {said}")


def _descriptor(stream: IO[bytes] | None) -> int | None:
    # What waits in memory is moved to the disk first: another process writes into the file itself.
    if stream is not None and hasattr(stream, "rollover"):
        stream.rollover()  # type: ignore[attr-defined]
    return None if stream is None else stream.fileno()
