"""Backup and restore of PostgreSQL with pg_dump, pg_restore and psql (package postgresql-client)."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, cast

import sqlalchemy as sa

from helix.backups.manifest import BackupError
from helix.backups.rows import known

NAME = "postgresql"
CHUNK = 1024 * 1024
# pg_restore 17 writes it for every server, and servers before 17 do not know it.
UNKNOWN_BEFORE_17 = b"SET transaction_timeout = 0;\n"
LAST_SETTING = b"SET row_security"
# Wait for locks only so long: the installation should not be running.
DROP_EVERYTHING = """
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
    """Dump the database into `into`. Yields a connection that sees the same snapshot as the dump."""
    program = _program("pg_dump")
    engine = sa.create_engine(url, poolclass=sa.NullPool, isolation_level="REPEATABLE READ")
    with engine.connect() as connection:
        snapshot_id = connection.scalar(sa.text("SELECT pg_export_snapshot()"))
        _run(
            [program, "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot_id}"], url, stdout=into
        )
        yield connection


def restore(content: IO[bytes], url: sa.URL, counts: Mapping[str, int]) -> None:
    """Replace the content of the database and check the row counts, in one transaction."""
    pg_restore, psql = _program("pg_restore"), _program("psql")
    with tempfile.TemporaryDirectory(prefix="helix-restore-") as folder:
        dump, entries = Path(folder) / "dump", Path(folder) / "entries"
        with dump.open("wb") as file:
            shutil.copyfileobj(content, file, CHUNK)
        entries.write_text("\n".join(_entries(pg_restore, dump)))
        _restore_in_one_transaction(
            [psql, f"--dbname={_address(url)}", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1"],
            [pg_restore, "--no-owner", "--no-privileges", f"--use-list={entries}", "--file=-", str(dump)],
            before=DROP_EVERYTHING,
            after="RESET search_path;\n" + "\n".join(map(_count_check, known(counts).items())),
            environment=_environment(url),
        )


def _entries(program: str, dump: Path) -> list[str]:
    """The entries of the dump without extensions and the schema, which may belong to another role."""
    listing = subprocess.run([program, "--list", str(dump)], capture_output=True, text=True, check=False)  # noqa: S603
    if listing.returncode:
        raise BackupError(f"pg_restore cannot read the dump, so nothing was changed: {listing.stderr.strip()}")
    return [line for line in listing.stdout.splitlines() if " EXTENSION " not in line and " SCHEMA " not in line]


def _count_check(expected: tuple[str, int]) -> str:
    """SQL that aborts the transaction if the table has another number of rows. `known` ensures that names are ours."""
    table, count = expected
    return f"""DO $$ DECLARE found bigint; BEGIN
        SELECT count(*) INTO found FROM "{table}";
        IF found <> {int(count)} THEN
            RAISE EXCEPTION '{table} has % rows in this backup, not {int(count)}', found;
        END IF;
    END $$;"""  # noqa: S608


def _program(name: str) -> str:
    path = shutil.which(name)
    if not path:
        raise BackupError(
            f"{name} is not installed here. Install the client of your PostgreSQL (Debian: postgresql-client), "
            "in the server's version or newer."
        )
    return path


def _run(command: list[str], url: sa.URL, *, stdout: IO[bytes]) -> None:
    with tempfile.TemporaryFile() as errors:
        result = subprocess.run(  # noqa: S603
            [*command[:1], f"--dbname={_address(url)}", *command[1:]],
            stdout=_descriptor(stdout),
            stderr=errors,
            env=_environment(url),
            check=False,
        )
        if result.returncode:
            raise BackupError(f"{Path(command[0]).name} failed: {_text_of(errors)}")


def _address(url: sa.URL) -> str:
    """The URL without the password, which would be visible in the process list."""
    return url.set(drivername="postgresql", password=None).render_as_string()


def _environment(url: sa.URL) -> dict[str, str]:
    return os.environ | ({"PGPASSWORD": str(url.password)} if url.password else {})


def _descriptor(stream: IO[bytes]) -> int:
    # Move a spooled file to the disk first, because another process writes to its descriptor.
    if hasattr(stream, "rollover"):
        stream.rollover()  # type: ignore[attr-defined]
    return stream.fileno()


def _restore_in_one_transaction(
    psql: list[str], pg_restore: list[str], *, before: str, after: str, environment: Mapping[str, str]
) -> None:
    """Pipe a script of pg_restore into psql as one transaction, with `before` and `after`.

    pg_restore's --single-transaction cannot include emptying the database and counting the rows. COMMIT is sent only
    after everything else succeeded: without it, also if this process is killed, PostgreSQL rolls back. Raises
    BackupError with the output of the program that failed.
    """
    with tempfile.TemporaryFile() as psql_errors, tempfile.TemporaryFile() as restore_errors:
        session = subprocess.Popen(  # noqa: S603
            psql, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=psql_errors, env=environment
        )
        script = subprocess.Popen(pg_restore, stdout=subprocess.PIPE, stderr=restore_errors)  # noqa: S603
        with script, session:
            stdin, lines = cast(IO[bytes], session.stdin), cast(IO[bytes], script.stdout)
            # If psql ended early, its errors say why.
            with suppress(BrokenPipeError):
                stdin.write(f"BEGIN;\n{before}\n".encode())
                stdin.writelines(_for_any_server(lines))
                if script.wait() == 0:
                    stdin.write(f"{after}\nCOMMIT;\n".encode())
            with suppress(BrokenPipeError):
                stdin.close()
        for program, name, errors in ((session, "psql", psql_errors), (script, "pg_restore", restore_errors)):
            if program.returncode:
                raise BackupError(f"{name} failed, and the database is unchanged: {_text_of(errors)}")


def _text_of(file: IO[bytes]) -> str:
    """The first 4,000 bytes of a program's error output."""
    file.seek(0)
    return file.read(4000).decode(errors="replace").strip()


def _for_any_server(script: IO[bytes]) -> Iterator[bytes]:
    for line in script:
        if line != UNKNOWN_BEFORE_17:
            yield line
        if line.startswith(LAST_SETTING):
            break
    while chunk := script.read(CHUNK):
        yield chunk
