"""PostgreSQL: by pg_dump, pg_restore and psql, of the package postgresql-client."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import sqlalchemy as sa

from helix.backups.errors import BackupError
from helix.backups.psql import in_one_transaction, in_words
from helix.backups.rows import known

NAME = "postgresql"
# Whoever reads or writes right now is waited for, but not for ever: nothing of the installation should be running.
EMPTYING = """
SET LOCAL lock_timeout = '20s';
SET LOCAL client_min_messages = 'warning';
CREATE EXTENSION IF NOT EXISTS pg_trgm;
DO $$ DECLARE found name; trigger regprocedure; BEGIN
    FOR found IN SELECT tablename FROM pg_tables WHERE schemaname = current_schema() LOOP
        EXECUTE format('DROP TABLE IF EXISTS %I CASCADE', found);
    END LOOP;
    FOR trigger IN SELECT oid FROM pg_proc
        WHERE pronamespace = current_schema()::regnamespace AND prorettype = 'trigger'::regtype
        AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')
    LOOP
        EXECUTE format('DROP FUNCTION %s', trigger);
    END LOOP;
END $$;
"""


@contextmanager
def snapshot(url: sa.URL, into: IO[bytes], _folder: Path) -> Iterator[sa.Connection]:
    """Dump the database, and give a connection that sees the same moment as the dump."""
    program = _program("pg_dump")
    engine = sa.create_engine(url, poolclass=sa.NullPool, isolation_level="REPEATABLE READ")
    with engine.connect() as connection:
        moment = connection.scalar(sa.text("SELECT pg_export_snapshot()"))
        _run([program, "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={moment}"], url, stdout=into)
        yield connection


def put_back(content: IO[bytes], url: sa.URL, counts: Mapping[str, int]) -> None:
    """Replace what is in the database, and count the rows, in one transaction: it is all of the backup or nothing."""
    restore, psql = _program("pg_restore"), _program("psql")
    with tempfile.TemporaryDirectory(prefix="helix-restore-") as place:
        dump, wanted = Path(place) / "dump", Path(place) / "wanted"
        with dump.open("wb") as file:
            shutil.copyfileobj(content, file, 1024 * 1024)
        wanted.write_text("\n".join(_listed(restore, dump)))
        in_one_transaction(
            [psql, f"--dbname={_address(url)}", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1"],
            [restore, "--no-owner", "--no-privileges", f"--use-list={wanted}", "--file=-", str(dump)],
            before=EMPTYING,
            after="RESET search_path;\n" + "\n".join(map(_counted, known(counts).items())),
            environment=_environment(url),
        )


def _listed(program: str, dump: Path) -> list[str]:
    """What is in the dump, but extensions and the schema: they belong to whoever made the database, who need not be
    us."""
    listing = subprocess.run([program, "--list", str(dump)], capture_output=True, text=True, check=False)  # noqa: S603
    if listing.returncode:
        raise BackupError(f"pg_restore cannot read the dump, so nothing was changed: {listing.stderr.strip()}")
    return [line for line in listing.stdout.splitlines() if " EXTENSION " not in line and " SCHEMA " not in line]


def _counted(expected: tuple[str, int]) -> str:
    """Ends the transaction if the table has not so many rows. The names are our own: see `known`."""
    table, count = expected
    return f"""DO $$ DECLARE found bigint; BEGIN
        SELECT count(*) INTO found FROM "{table}";
        IF found <> {int(count)} THEN
            RAISE EXCEPTION '{table} has % rows in this backup, not {int(count)}', found;
        END IF;
    END $$;"""  # noqa: S608


def _program(name: str) -> str:
    found = shutil.which(name)
    if not found:
        raise BackupError(
            f"{name} is not installed here. Install the client of your PostgreSQL (Debian: postgresql-client), "
            "in the server's version or newer."
        )
    return found


def _run(command: list[str], url: sa.URL, *, stdout: IO[bytes]) -> None:
    with tempfile.TemporaryFile() as words:
        done = subprocess.run(  # noqa: S603
            [*command[:1], f"--dbname={_address(url)}", *command[1:]],
            stdout=_descriptor(stdout),
            stderr=words,
            env=_environment(url),
            check=False,
        )
        if done.returncode:
            raise BackupError(f"{Path(command[0]).name} failed: {in_words(words)}")


def _address(url: sa.URL) -> str:
    """Without the password, which a list of processes would show."""
    return url.set(drivername="postgresql", password=None).render_as_string()


def _environment(url: sa.URL) -> dict[str, str]:
    return os.environ | ({"PGPASSWORD": str(url.password)} if url.password else {})


def _descriptor(stream: IO[bytes]) -> int:
    # What waits in memory is moved to the disk first: another process writes into the file itself.
    if hasattr(stream, "rollover"):
        stream.rollover()  # type: ignore[attr-defined]
    return stream.fileno()
