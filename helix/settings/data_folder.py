"""The data folder (DATA_DIR): its permissions, and the path of the embedded Redis's socket."""

import hashlib
import os
import pwd
import stat
import tempfile
from pathlib import Path
from urllib.parse import unquote, urlsplit

from helix.settings.environment import ConfigurationError

OWNER_ONLY = 0o700
KNOWN_FILES = ("secrets.json", "helix.lock", "helix.db")
# The limit is 104 bytes on macOS and 108 on Linux, including the terminating zero.
MAX_SOCKET_PATH_BYTES = 100


def prepare(folder: Path) -> None:
    """Create the folder with mode 0700. Raises ConfigurationError when it cannot be created or written to.

    The mode of an existing folder is changed only if the folder is empty or already belongs to an installation: with
    DATA_DIR=/tmp, the other users of the machine must not be locked out of /tmp.
    """
    try:
        folder.mkdir(mode=OWNER_ONLY, parents=True, exist_ok=True)
        is_ours = not any(folder.iterdir()) or any((folder / name).exists() for name in KNOWN_FILES)
        status = folder.stat()
        if is_ours and os.getuid() in (status.st_uid, 0) and stat.S_IMODE(status.st_mode) != OWNER_ONLY:
            folder.chmod(OWNER_ONLY)
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
    """Create the data folder and the folder of FILES_URL. Raises ConfigurationError when one cannot be written to.

    Web processes and workers call this at the start; otherwise every upload would fail later.
    """
    prepare(folder)
    parts = urlsplit(files_url)
    if parts.scheme != "file":
        return
    files = Path(unquote(parts.path))
    try:
        files.mkdir(mode=OWNER_ONLY, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(f"The folder of FILES_URL, {files}, cannot be made ({error.strerror}).") from error
    if not os.access(files, os.W_OK | os.X_OK):
        raise ConfigurationError(
            f"The folder of FILES_URL, {files}, cannot be written to by {user_name(os.getuid())}. Change its owner."
        )


def user_name(uid: int) -> str:
    """The name of a user for messages; the number when the system has no name for it."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


def redis_socket(folder: Path) -> Path:
    """The path of the embedded Redis's socket, the same in every process of an installation.

    In the data folder, or in the temporary folder when the path would be too long. Raises ConfigurationError when
    both are too long.
    """
    path = folder / "redis.sock"
    if len(os.fsencode(path)) <= MAX_SOCKET_PATH_BYTES:
        return path
    name = f"helix-{os.getuid()}-{hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]}"
    for parent in (Path(tempfile.gettempdir()), Path("/tmp")):  # noqa: S108
        path = parent / name / "redis.sock"
        if len(os.fsencode(path)) <= MAX_SOCKET_PATH_BYTES:
            return path
    raise ConfigurationError(f"The path of the data folder {folder} is too long. Set DATA_DIR to a shorter one.")


def prepare_socket_folder(socket: Path) -> None:
    """Create the socket's folder. Raises ConfigurationError if another user owns it, which /tmp would allow."""
    folder = socket.parent
    folder.mkdir(mode=OWNER_ONLY, exist_ok=True)
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid():
        raise ConfigurationError(f"{folder} belongs to somebody else. Remove it, or set DATA_DIR to a shorter path.")
    folder.chmod(OWNER_ONLY)
