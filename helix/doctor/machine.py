"""Checks of this machine: Python, packages, data folder, disk space and secrets."""

import logging
import os
import platform
import re
import shutil
import stat
from collections.abc import Iterator
from importlib import metadata
from itertools import islice
from pathlib import Path

from packaging.requirements import Requirement
from redis.exceptions import RedisError

from helix.doctor.finding import Finding, error, ok, warning
from helix.queue import workers_here
from helix.resources import LOCK
from helix.settings import ConfigurationError, Settings, secrets
from helix.settings.data_folder import user_name

log = logging.getLogger(__name__)

PINNED = re.compile(r"^([A-Za-z0-9_.-]+)==([^ ;\\]+)( *;)?", re.MULTILINE)
GIGABYTE = 1024**3
MOST_FILES = 20_000


def python(_settings: Settings) -> Iterator[Finding]:
    # An older version cannot import this module.
    yield ok(f"Python {platform.python_version()}")


def packages(_settings: Settings) -> Iterator[Finding]:
    if not LOCK.exists():
        yield from _required_packages()
        return
    wanted: dict[str, set[str]] = {}
    conditional = set()
    for name, version, marked in PINNED.findall(LOCK.read_text()):
        # The lock file covers every Python and system, so a package may be listed twice.
        wanted.setdefault(name, set()).add(version)
        if marked:
            conditional.add(name)
    wrong = []
    for name, versions in wanted.items():
        try:
            found = metadata.version(name)
        except metadata.PackageNotFoundError:
            if name not in conditional:
                wrong.append(f"{name} is missing")
            continue
        if found not in versions:
            wrong.append(f"{name} is {found}, not {' or '.join(sorted(versions))}")
    if wrong:
        some = "; ".join(wrong[:5]) + (f"; and {len(wrong) - 5} more" if len(wrong) > 5 else "")
        yield error(f"Packages are not as locked: {some}.", "Run scripts/install requirements.txt.")
    else:
        yield ok("Packages are as locked")


def _required_packages() -> Iterator[Finding]:
    """For an installation by pip: whether the packages match the requirements of its metadata."""
    try:
        requirements = [Requirement(text) for text in metadata.requires("helix-mission-control") or ()]
    except metadata.PackageNotFoundError:
        yield warning("There is no list to compare the packages with.", "Keep requirements.txt beside helix/.")
        return
    wrong = []
    for requirement in requirements:
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        try:
            found = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            wrong.append(f"{requirement.name} is missing")
            continue
        if not requirement.specifier.contains(found, prereleases=True):
            wrong.append(f"{requirement.name} is {found}, not {requirement.specifier}")
    if wrong:
        yield error(f"Packages do not fit: {'; '.join(wrong[:5])}.", "Install helix-mission-control again with pip.")
    else:
        yield ok("Packages fit what this version asks for")


def data_folder(settings: Settings) -> Iterator[Finding]:
    folder = settings.data_dir
    if not folder.is_dir():
        yield error(f"The data folder {folder} is not there.", "Set DATA_DIR, or start once: it is made then.")
        return
    if not os.access(folder, os.W_OK | os.X_OK):
        yield error(
            f"The data folder {folder} cannot be written to.",
            f"Give it to the user that runs HELIX ({user_name(os.getuid())}).",
        )
        return
    wrong = list(_wrong_owners(folder))
    yield from wrong
    loose = [path for path in (folder, folder / "secrets.json", folder / "helix.db") if _open_to_others(path)]
    if loose:
        yield warning(f"Others on this machine can read {loose[0]}.", f"Run: chmod go-rwx {' '.join(map(str, loose))}")
    elif not wrong:
        yield ok(f"Data folder {folder}")


def _wrong_owners(folder: Path) -> Iterator[Finding]:
    """Files and folders that the user of the service cannot write, which root would not notice."""
    owner = folder.stat().st_uid
    others = sorted(uid for uid in _running_users() if uid not in (owner, 0))
    if others:
        name = user_name(others[0])
        yield error(
            f"The data folder {folder} belongs to {user_name(owner)}, and {name}, as whom the workers run, cannot "
            "write to it.",
            f"Run: chown -R {name}: {folder}",
        )
        return
    foreign = [path for path in _some_of(folder) if path.lstat().st_uid != owner]
    if foreign:
        name = user_name(owner)
        yield error(
            f"{foreign[0]} belongs to {user_name(foreign[0].lstat().st_uid)}, and the data folder to {name}"
            + (f"; so do {len(foreign) - 1} more in it." if len(foreign) > 1 else "."),
            f"Run: chown -R {name}: {folder}. Run commands as {name}: docs/operations.md.",
        )
    elif owner == os.getuid() == 0 and not _running_users():
        yield warning(
            f"The data folder {folder} belongs to root. A service that runs as another user cannot write to it.",
            f"Where it does, as in deploy/systemd, run: chown -R helix: {folder}",
        )


def _running_users() -> set[int]:
    """The user ids of the workers on this host. Empty if there are none or they cannot be determined."""
    found = set()
    try:
        for pid in workers_here():
            found.add(Path(f"/proc/{pid}").stat().st_uid)
    except (OSError, RedisError) as problem:
        log.debug("Cannot determine the users of the workers: %s", problem)
    return found


def _some_of(folder: Path) -> Iterator[Path]:
    """At most MOST_FILES paths below the folder."""
    yield from islice(folder.rglob("*"), MOST_FILES)


def disk_space(settings: Settings) -> Iterator[Finding]:
    if not settings.data_dir.is_dir():
        return
    usage = shutil.disk_usage(settings.data_dir)
    left = f"{usage.free / GIGABYTE:.1f} GB free of {usage.total / GIGABYTE:.0f} GB"
    if usage.free < GIGABYTE / 4:
        yield error(f"The disk under {settings.data_dir} is full: {left}.", "Make room now.")
    elif usage.free < GIGABYTE * 2:
        yield warning(f"The disk under {settings.data_dir} is almost full: {left}.", "Make room, or move DATA_DIR.")
    else:
        yield ok(f"Disk: {left}")


def strength_of_the_secrets(settings: Settings) -> Iterator[Finding]:
    try:
        secrets.check_strength(settings.secret_key, settings.jwt_secret_key, settings.encryption_keys)
    except ConfigurationError as problem:
        yield error(str(problem), "With SECRET_KEY or JWT_SECRET_KEY changed, everybody signs in again.")
        return
    if settings.metrics_token and len(settings.metrics_token) < 20:
        yield warning("METRICS_TOKEN is short.", secrets.ADVICE)
    yield ok("Secrets are long and not easily guessed")


def _open_to_others(path: Path) -> bool:
    return path.exists() and bool(stat.S_IMODE(path.stat().st_mode) & 0o077)


CHECKS = (python, packages, data_folder, disk_space, strength_of_the_secrets)
