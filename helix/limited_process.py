"""Processing of untrusted files (documents, pictures) in a subprocess with limits on memory and CPU time.

A hostile file can only crash that subprocess. It starts without our environment, and so without secrets, and with a
lower priority. Linux enforces both limits; macOS only the CPU time, which is logged once. A process that takes too long
by wall-clock time is killed on any system.
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
from helix.resources import IMPORT_PATH

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
    """`seconds` of CPU time; `megabytes` of memory in addition to what the loaded module uses; `output` in bytes."""

    seconds: int
    megabytes: int = 220
    output: int = 64 * MEGABYTE


class Rejected(Exception):
    """Raised by the function, and re-raised by `run`: the message is a sentence for people."""


class LimitExceeded(Exception):
    """The process hit a limit. `so_far` is the output that the function had written, positioned at its start."""

    def __init__(self, so_far: BinaryIO) -> None:
        super().__init__("The work hit a limit of its process.")
        self.so_far = so_far


class WorkFailed(Exception):
    """The function raised something else; the message is the last line of the traceback."""


def run(function: str, source: IO[bytes], *arguments: str, limits: Limits) -> BinaryIO:
    """Call `module:function` as `function(source, target, *arguments)` in a subprocess; return what it wrote to target.

    `source` is read from its start. The caller closes the result. Raises Rejected, LimitExceeded or WorkFailed, and
    Unavailable when no process can be started or the disk is full.
    """
    _say_what_is_not_enforced()
    result = cast(BinaryIO, tempfile.TemporaryFile())  # noqa: SIM115 - the caller closes it
    try:
        with _as_file(source) as given, tempfile.TemporaryFile() as errors:
            code = _ended(function, given, result, errors, arguments, limits)
            errors.seek(max(0, errors.seek(0, os.SEEK_END) - 4000))
            stderr = errors.read().decode(errors="replace").strip()
        result.seek(0)
        if code == REFUSED:
            raise Rejected(stderr)
        # C libraries may fail without memory in other ways, such as a segmentation fault.
        if code < 0 or code == NO_MEMORY:
            log.warning("Work on a file hit a limit", extra={"function": function, "exit_code": code})
            raise LimitExceeded(result)
        if code:
            raise WorkFailed(stderr.rpartition("\n")[2] or f"It ended with {code}.")
    except OSError as error:
        result.close()
        raise Unavailable("The server cannot process files right now. Try again in a moment.") from error
    except (Rejected, WorkFailed):
        result.close()
        raise
    return result


def _ended(
    function: str, given: BinaryIO, result: BinaryIO, errors: IO[bytes], arguments: tuple[str, ...], limits: Limits
) -> int:
    """The exit code of the process; negative where a signal ended it."""
    command = [sys.executable, "-c", _CHILD, function, *map(str, limits), *arguments]
    # Only the path of the code: the subprocess must not see our keys and addresses.
    environment = {"PYTHONPATH": str(IMPORT_PATH), "PYTHONDONTWRITEBYTECODE": "1", "LC_ALL": "C.UTF-8"}
    process = subprocess.Popen(command, stdin=given, stdout=result, stderr=errors, env=environment)  # noqa: S603
    try:
        # Generous, since on a busy machine the process gets its CPU time late.
        return process.wait(limits.seconds * 20 + 30)
    except subprocess.TimeoutExpired:
        return -signal.SIGKILL
    finally:
        process.kill()
        process.wait()


@contextlib.contextmanager
def _as_file(source: IO[bytes]):
    """A temporary file with the content, usable as a subprocess's stdin."""
    with tempfile.TemporaryFile() as file:
        source.seek(0)
        while piece := source.read(MEGABYTE):
            file.write(piece)
        file.seek(0)
        yield cast(BinaryIO, file)


def child() -> None:
    """The entry point of the subprocess."""
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
    # Skip the interpreter's shutdown, for which there may be no memory.
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
    """Set a limit, but not above the hard limit of this process."""
    hard = resource.getrlimit(limit)[1]
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(limit, (value, value))


def _mapped_now() -> int:
    """The address space already mapped by the interpreter and its modules, in bytes."""
    return int(_STATM.read_text().split()[0]) * resource.getpagesize()


def _enforces_memory() -> bool:
    return resource is not None and sys.platform == "linux" and _STATM.exists()


@cache
def _say_what_is_not_enforced() -> None:
    if not _enforces_memory():
        log.warning("This system does not enforce memory limits for processes: a hostile file may use more memory.")
