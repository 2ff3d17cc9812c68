"""A script of pg_restore's, told to psql as one transaction together with what comes before and after it.

pg_restore's own --single-transaction cannot hold the emptying of the database and the counting of its rows.
"""

import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import IO, cast

from helix.backups.errors import BackupError

PIECE = 1024 * 1024
# pg_restore 17 writes it for every server, and servers before 17 do not know it.
UNKNOWN_BEFORE_17 = b"SET transaction_timeout = 0;\n"
LAST_SETTING = b"SET row_security"


def in_one_transaction(
    psql: list[str], restore: list[str], *, before: str, after: str, environment: Mapping[str, str]
) -> None:
    """COMMIT is said only after all else went well: without that word, and when this process is killed, PostgreSQL
    takes everything back. Raises BackupError with the words of the program that failed."""
    with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as also_said:
        session = subprocess.Popen(  # noqa: S603
            psql, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=said, env=environment
        )
        script = subprocess.Popen(restore, stdout=subprocess.PIPE, stderr=also_said)  # noqa: S603
        with script, session:
            told, lines = cast(IO[bytes], session.stdin), cast(IO[bytes], script.stdout)
            # A session that ended says itself why it did.
            with suppress(BrokenPipeError):
                told.write(f"BEGIN;\n{before}\n".encode())
                told.writelines(_for_any_server(lines))
                if script.wait() == 0:
                    told.write(f"{after}\nCOMMIT;\n".encode())
            with suppress(BrokenPipeError):
                told.close()
        for program, name, words in ((session, "psql", said), (script, "pg_restore", also_said)):
            if program.returncode:
                raise BackupError(f"{name} failed, and the database is what it was before: {in_words(words)}")


def in_words(file: IO[bytes]) -> str:
    """What a program wrote about its failure."""
    file.seek(0)
    return file.read(4000).decode(errors="replace").strip()


def _for_any_server(script: IO[bytes]) -> Iterator[bytes]:
    for line in script:
        if line != UNKNOWN_BEFORE_17:
            yield line
        if line.startswith(LAST_SETTING):
            break
    while piece := script.read(PIECE):
        yield piece
