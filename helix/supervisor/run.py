"""`helix run`: the supervisor with the commands of an installation."""

import os
import sys
from collections.abc import Mapping

from setproctitle import setproctitle

from helix.resources import IMPORT_PATH
from helix.settings import Settings
from helix.supervisor.console import Console
from helix.supervisor.process import Command
from helix.supervisor.supervisor import Supervisor


def main(settings: Settings) -> int:
    """Run the whole installation and return the exit code."""
    setproctitle("helix supervisor")
    # Every file of the installation, the database included, is readable only by its owner.
    os.umask(0o077)
    return Supervisor(
        settings,
        steps=steps(settings),
        services=services(settings),
        environment=environment(settings),
        console=Console(settings.log_format),
    ).run()


def environment(settings: Settings) -> dict[str, str]:
    """The environment of every child: ours with the resolved settings, and without the first admin's password."""
    children = {
        **os.environ,
        "DATA_DIR": str(settings.data_dir),
        "DATABASE_URL": settings.database_url,
        "PYTHONUNBUFFERED": "1",
        # The working folder need not be the one with the code.
        "PYTHONPATH": os.pathsep.join(filter(None, [str(IMPORT_PATH), os.environ.get("PYTHONPATH")])),
    }
    children.pop("ADMIN_PASSWORD", None)
    return children


def _helix(name: str, *arguments: str, extra: Mapping[str, str] | None = None) -> Command:
    # -P: do not import a folder called `helix` in the working folder.
    return Command(name, [sys.executable, "-P", "-m", "helix", *arguments], extra or {})


def steps(settings: Settings) -> list[Command]:
    """Commands that run to completion, one after the other, before any service starts."""
    password = {"ADMIN_PASSWORD": settings.admin_password} if settings.admin_password else {}
    # One process for both, because loading the application twice would take another second.
    return [_helix("database", "seed", "--migrate", "--json", extra=password)]


def services(settings: Settings) -> list[Command]:
    """Commands that run until they are stopped. The worker forks the scheduler and `RUN_WORKERS` workers."""
    # The worker first, so that it is announced as starting before the web gets a request that needs one.
    return [
        _helix("worker", "worker", "all", "--processes", str(settings.run_workers), "--with-scheduler"),
        _helix("web", "web"),
    ]
