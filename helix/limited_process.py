"""Work on what strangers made (documents, pictures), in a process of its own with limits on memory and processor time.

A hostile file ends that process and nothing else. It starts without the environment of ours, so without its secrets,
and at a lower priority. Linux enforces both limits; macOS the processor time alone, which is logged once. Whatever the
system enforces, a process that takes too long by the clock is killed.
"""

import contextlib
import importlib
import logging
import os
import signal
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import IO, Any, BinaryIO, NamedTuple, cast

from helix.errors import Unavailable

try:
    import resource as posix_limits
except ImportError:  # Windows
    posix_limits = None
resource: Any = posix_limits

log = logging.getLogger(__name__)

MEGABYTE = 1024 * 1024
REFUSED, NO_MEMORY = 10, 11
NICENESS = 10
_STATM = Path("/proc/self/statm")
_CHILD = "from helix.limited_process import child; child()"


class Limits(NamedTuple):
    """`seconds` of processor time; `megabytes` that the process may grow by after loading the function's module;
    `output` in bytes."""

    seconds: int
    megabytes: int = 220
    output: int = 64 * MEGABYTE


class Rejected(Exception):
    """Raised by the function itself, and so by `run`: a sentence for a person."""


class LimitExceeded(Exception):
    """The work hit a limit. `so_far` is what the function had written until then, from its beginning."""

    def __init__(self, so_far: BinaryIO) -> None:
        super().__init__("The work hit a limit of its process.")
        self.so_far = so_far


class WorkFailed(Exception):
    """The function raised something else; the message is the last line of the traceback."""


def run(function: str, source: IO[bytes], *arguments: str, limits: Limits) -> BinaryIO:
    """What `module:function`, called as `function(source, target, *arguments)`, writes to its target.

    `source` is read from its beginning. The caller closes the result. Raises Refused, OutOfBounds, Broken; Unavailable
    when no process can be started or the disk has no room.
    """
    _say_what_is_not_enforced()
    result = cast(BinaryIO, tempfile.TemporaryFile())  # noqa: SIM115 - the caller closes it
    try:
        with _as_file(source) as given, tempfile.TemporaryFile() as errors:
            code = _ended(function, given, result, errors, arguments, limits)
            errors.seek(max(0, errors.seek(0, os.SEEK_END) - 4000))
            said = errors.read().decode(errors="replace").strip()
        result.seek(0)
        if code == REFUSED:
            raise Rejected(said)
        # Libraries in C meet the end of their memory in ways of their own, such as a segmentation fault.
        if code < 0 or code == NO_MEMORY:
            log.warning("Work on a file hit a limit", extra={"function": function, "exit_code": code})
            raise LimitExceeded(result)
        if code:
            raise WorkFailed(said.rpartition("\n")[2] or f"It ended with {code}.")
    except OSError as error:
        result.close()
        raise Unavailable("The server cannot work on files right now. Try again in a moment.") from error
    except (Rejected, WorkFailed):
        result.close()
        raise
    return result


def _ended(
    function: str, given: BinaryIO, result: BinaryIO, errors: IO[bytes], arguments: tuple[str, ...], limits: Limits
) -> int:
    """The exit code of the process; negative where a signal ended it."""
    command = [sys.executable, "-c", _CHILD, function, *map(str, limits), *arguments]
    # Nothing of ours but where the code lies: the process has no use for keys and addresses.
    environment = {"PYTHONPATH": str(Path(__file__).parents[1]), "PYTHONDONTWRITEBYTECODE": "1", "LC_ALL": "C.UTF-8"}
    process = subprocess.Popen(command, stdin=given, stdout=result, stderr=errors, env=environment)  # noqa: S603
    try:
        # On a busy machine it gets its processor time late.
        return process.wait(limits.seconds * 20 + 30)
    except subprocess.TimeoutExpired:
        return -signal.SIGKILL
    finally:
        process.kill()
        process.wait()


@contextlib.contextmanager
def _as_file(source: IO[bytes]):
    """The content as a file that a process can be given, at its beginning."""
    with tempfile.TemporaryFile() as file:
        source.seek(0)
        while piece := source.read(MEGABYTE):
            file.write(piece)
        file.seek(0)
        yield cast(BinaryIO, file)


def child() -> None:
    """What the process does."""
    name, seconds, megabytes, output, *arguments = sys.argv[1:]
    module, _, function = name.partition(":")
    work = getattr(importlib.import_module(module), function)
    _limit(int(seconds), int(megabytes), int(output))
    try:
        work(sys.stdin.buffer, sys.stdout.buffer, *arguments)
        sys.stdout.flush()
    except Rejected as refusal:
        sys.stderr.write(str(refusal))
        _end(REFUSED)
    except MemoryError:
        _end(NO_MEMORY)


def _end(code: int) -> None:
    with contextlib.suppress(OSError, MemoryError):
        sys.stdout.flush()
        sys.stderr.flush()
    # Without the rest of the interpreter's end, for which there may be no memory.
    os._exit(code)


def _limit(seconds: int, megabytes: int, output: int) -> None:
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    if resource is None:
        return
    used = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
    _lower(resource.RLIMIT_CPU, int(used) + seconds)
    _lower(resource.RLIMIT_FSIZE, output)
    _lower(resource.RLIMIT_CORE, 0)
    if _enforces_memory():
        _lower(resource.RLIMIT_AS, _mapped_now() + megabytes * MEGABYTE)


def _lower(limit: int, value: int) -> None:
    """Never above what the process was given, such as by a service manager."""
    hard = resource.getrlimit(limit)[1]
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(limit, (value, value))


def _mapped_now() -> int:
    """The address space that the interpreter and its modules take already, in bytes."""
    return int(_STATM.read_text().split()[0]) * resource.getpagesize()


def _enforces_memory() -> bool:
    return resource is not None and sys.platform == "linux" and _STATM.exists()


@cache
def _say_what_is_not_enforced() -> None:
    if not _enforces_memory():
        log.warning("This system does not limit the memory of single processes: a hostile file may take more of it.")
