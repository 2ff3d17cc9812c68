"""Programs of stdio servers: how many at once, their scratch folders, their command line, and how they are ended.

A place is a file that its holder locks, so that places are free again whatever happens to the holder. The scratch
folder belongs to the place: what a killed holder left behind is removed before a place is used again.
"""

import contextlib
import fcntl
import json
import logging
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from helix.mcp.interface import McpFailed, ProcessLimits, StdioServer

log = logging.getLogger(__name__)

_MEGABYTE = 1024 * 1024
_OPEN_FILES = 1024
_TRY_SECONDS = 5
_LAUNCHER = Path(__file__).with_name("launcher.py")
# Of the host, sockets above all: that of Docker is as good as root.
_HIDDEN = ("/run", "/var/tmp")  # noqa: S108
_NAME_SERVICE = ("/run/systemd/resolve", "/run/NetworkManager", "/run/resolvconf")
_SANDBOX = (
    *("--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"),
    *("--unshare-user-try", "--unshare-ipc", "--unshare-pid", "--unshare-uts", "--unshare-cgroup-try"),
    *("--cap-drop", "ALL", "--die-with-parent"),
)


class Place:
    """One of the places for programs on this host, with its empty scratch folder."""

    def __init__(self, scratch: Path, lock: int) -> None:
        self.scratch = scratch
        self._lock: int | None = lock

    def leave(self) -> None:
        """Remove the scratch folder and free the place. Idempotent."""
        if self._lock is None:
            return
        _remove(self.scratch)
        lock, self._lock = self._lock, None
        os.close(lock)


def take_place(limits: ProcessLimits) -> Place | None:
    """A free place, or None. Removes what killed holders of others left behind. Raises McpFailed."""
    try:
        _private_folder(limits.folder)
        places = _free_places(limits)
        for place in places[1:]:
            place.leave()
        if not places:
            return None
        (places[0].scratch / "tmp").mkdir(mode=0o700, parents=True)
        places[0].scratch.chmod(0o700)
    except OSError as error:
        words = f"No folder for a program could be made on this host: {error.strerror or error}."
        raise McpFailed(words) from error
    return places[0]


def _free_places(limits: ProcessLimits) -> list[Place]:
    places = []
    for number in range(limits.at_once):
        lock = os.open(limits.folder / f"{number}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(lock)
            continue
        place = Place(limits.folder / str(number), lock)
        if place.scratch.exists():
            _end_strays(place.scratch)
            _remove(place.scratch)
        places.append(place)
    return places


def _private_folder(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.lstat()
    if found.st_uid != os.getuid() or folder.is_symlink():
        raise McpFailed(f"{folder} does not belong to the user of this installation, so no program is run in it.")
    folder.chmod(0o700)


def _remove(folder: Path) -> None:
    if not folder.exists():
        return
    shutil.rmtree(folder, ignore_errors=True)
    if folder.exists():
        # A program can take away its own rights.
        for path, folders, _ in os.walk(folder):
            for found in (Path(path, name) for name in folders):
                if not found.is_symlink():
                    found.chmod(0o700)
        shutil.rmtree(folder, ignore_errors=True)
    if folder.exists():
        log.warning("The scratch folder of a program could not be removed", extra={"folder": str(folder)})


def environment(server: StdioServer, place: Place) -> dict[str, str]:
    """All that the program gets to know of this host."""
    path = os.environ.get("PATH", os.defpath)
    own = {"PATH": path, "HOME": str(place.scratch), "TMPDIR": str(place.scratch / "tmp"), "LANG": "C.UTF-8"}
    return own | dict(server.environment) | {"HOME": own["HOME"]}


def command(server: StdioServer, place: Place, limits: ProcessLimits) -> list[str]:
    """The command line that starts the program with its limits. Raises McpFailed when there is no such program."""
    program = shutil.which(server.command, path=server.environment.get("PATH") or os.environ.get("PATH", os.defpath))
    if program is None:
        raise McpFailed(f"The program {server.command} was not found on this host.")
    resources = {
        # Not RLIMIT_AS: Node reserves far more addresses than it uses, and cannot fetch with a limit of 2 GB.
        "RLIMIT_DATA": limits.megabytes * _MEGABYTE,
        "RLIMIT_CPU": limits.cpu_seconds,
        "RLIMIT_FSIZE": limits.file_megabytes * _MEGABYTE,
        "RLIMIT_NOFILE": _OPEN_FILES,
        "RLIMIT_CORE": 0,
    }
    start = [sys.executable, "-I", "-S", str(_LAUNCHER), str(os.getpid()), json.dumps(resources)]
    return [*start, *_sandboxed(Path(program), server, place, limits), program, *server.args]


def _sandboxed(program: Path, server: StdioServer, place: Place, limits: ProcessLimits) -> list[str]:
    bubblewrap = _usable_bubblewrap()[0]
    if bubblewrap is None:
        return []
    hidden = [Path(folder).resolve() for folder in (*_HIDDEN, *limits.hidden) if Path(folder).is_dir()]
    if not any(program.is_relative_to(folder) for folder in map(Path, server.folders)):
        for folder in (*hidden, Path("/tmp")):  # noqa: S108
            if program.is_relative_to(folder):
                raise McpFailed(f"The program {program} cannot be run: programs of tool servers do not see {folder}.")
    options = [word for folder in hidden for word in ("--tmpfs", str(folder))]
    options += ["--bind", str(place.scratch / "tmp"), "/tmp"]  # noqa: S108
    for folder in server.folders:
        options += ["--bind", folder, folder]
    options += ["--bind", str(place.scratch), str(place.scratch), "--chdir", str(place.scratch)]
    if server.network:
        for folder in _NAME_SERVICE:
            options += ["--ro-bind-try", folder, folder]
    else:
        options += ["--unshare-net"]
    return [bubblewrap, *_SANDBOX, *options, "--"]


def why_no_sandbox() -> str | None:
    """Why programs run without bubblewrap on this host, and so with its network and files. None: they do not."""
    return _usable_bubblewrap()[1]


@cache
def _usable_bubblewrap() -> tuple[str | None, str | None]:
    """Its path, or why it cannot be used. Containers often do not allow what it needs."""
    program = shutil.which("bwrap")
    if program is None:
        return None, "bubblewrap (bwrap) is not installed"
    try:
        tried = subprocess.run(  # noqa: S603
            [program, *_SANDBOX, "--unshare-net", "--tmpfs", "/run", "--", "/bin/sh", "-c", ":"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=_TRY_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return None, f"bubblewrap could not be started: {error}"
    if tried.returncode:
        said = tried.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        return None, f"bubblewrap cannot be used here: {said or f'it ended with {tried.returncode}'}"
    return program, None


def terminate(process_id: int) -> None:
    """Ask the group of a process that has not ended to end."""
    _signal_group(process_id, signal.SIGTERM)


def kill(process_id: int | None, scratch: Path) -> None:
    """Kill the group of a process, unless it has ended (None), and what has left the group."""
    if process_id is not None:
        _signal_group(process_id, signal.SIGKILL)
    _end_strays(scratch)


def _signal_group(process_id: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process_id, number)


def _end_strays(scratch: Path) -> None:
    """Kill all processes that were started with this scratch folder as their home."""
    for process_id in _with_home(scratch):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(process_id, signal.SIGKILL)


def _with_home(scratch: Path) -> Sequence[int]:
    home = f"HOME={scratch}".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if home in (folder / "environ").read_bytes().split(b"\0"):
                found.append(int(folder.name))
    return found
