"""The folder that holds what an installation keeps on disk, and where in it things lie."""

import hashlib
import os
import pwd
import stat
import tempfile
from pathlib import Path
from urllib.parse import unquote, urlsplit

from helix.settings.environment import ConfigurationError

PRIVATE = 0o700
MARKS = ("secrets.json", "helix.lock", "helix.db")
# A unix socket's path ends at 104 bytes on macOS and 108 on Linux, the closing zero included.
LONGEST_SOCKET_PATH = 100


def prepare(folder: Path) -> None:
    """Make the folder, for its owner alone.

    One that exists loses everybody else's rights only if it is empty or an installation's already: somebody who sets
    DATA_DIR to /tmp must not lock the machine's other users out of it.
    """
    try:
        folder.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
        ours = not any(folder.iterdir()) or any((folder / mark).exists() for mark in MARKS)
        found = folder.stat()
        if ours and os.getuid() in (found.st_uid, 0) and stat.S_IMODE(found.st_mode) != PRIVATE:
            folder.chmod(PRIVATE)
    except OSError as error:
        raise ConfigurationError(
            f"The data folder {folder} cannot be used by {user_name(os.getuid())} ({error.strerror}). "
            "Set DATA_DIR to a folder that this user owns and may write to."
        ) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise ConfigurationError(
            f"The data folder {folder} belongs to {user_name(folder.stat().st_uid)} and cannot be written to by "
            f"{user_name(os.getuid())}. Change its owner, or set DATA_DIR."
        )


def require_writable(folder: Path, files_url: str) -> None:
    """Raises ConfigurationError where the data folder, or the folder of FILES_URL, cannot be made or written to.

    For processes that serve: one that started all the same would refuse every upload.
    """
    prepare(folder)
    parts = urlsplit(files_url)
    if parts.scheme != "file":
        return
    files = Path(unquote(parts.path))
    try:
        files.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(f"The folder of FILES_URL, {files}, cannot be made ({error.strerror}).") from error
    if not os.access(files, os.W_OK | os.X_OK):
        raise ConfigurationError(
            f"The folder of FILES_URL, {files}, cannot be written to by {user_name(os.getuid())}. Change its owner."
        )


def user_name(uid: int) -> str:
    """For messages: the name of a user of this machine, or the number of one that has none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


def redis_socket(folder: Path) -> Path:
    """Where the embedded Redis listens. The answer is the same in every process of an installation."""
    inside = folder / "redis.sock"
    if len(os.fsencode(inside)) <= LONGEST_SOCKET_PATH:
        return inside
    name = f"helix-{os.getuid()}-{hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]}"
    for parent in (Path(tempfile.gettempdir()), Path("/tmp")):  # noqa: S108
        elsewhere = parent / name / "redis.sock"
        if len(os.fsencode(elsewhere)) <= LONGEST_SOCKET_PATH:
            return elsewhere
    raise ConfigurationError(f"The path of the data folder {folder} is too long. Set DATA_DIR to a shorter one.")


def prepare_socket_folder(socket: Path) -> None:
    """Make the socket's folder, and refuse one under a shared temporary folder that somebody else has put there."""
    folder = socket.parent
    folder.mkdir(mode=PRIVATE, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise ConfigurationError(f"{folder} belongs to somebody else. Remove it, or set DATA_DIR to a shorter path.")
    folder.chmod(PRIVATE)
