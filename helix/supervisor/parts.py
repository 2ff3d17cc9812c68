"""What an installation consists of: the steps before it can run, and the parts that run."""

import os
import sys
from collections.abc import Mapping

from helix.resources import IMPORT_PATH
from helix.settings import Settings
from helix.supervisor.process import Command


def environment(settings: Settings) -> dict[str, str]:
    """What every child gets: our environment, with what was worked out from it, without the first password."""
    children = {
        **os.environ,
        "DATA_DIR": str(settings.data_dir),
        "DATABASE_URL": settings.database_url,
        "PYTHONUNBUFFERED": "1",
        # The folder that the supervisor was started in need not be that of the code.
        "PYTHONPATH": os.pathsep.join(filter(None, [str(IMPORT_PATH), os.environ.get("PYTHONPATH")])),
    }
    children.pop("ADMIN_PASSWORD", None)
    return children


def _helix(name: str, *arguments: str, extra: Mapping[str, str] | None = None) -> Command:
    # -P: a folder called `helix` where the supervisor was started is not the code.
    return Command(name, [sys.executable, "-P", "-m", "helix", *arguments], extra or {})


def steps(settings: Settings) -> list[Command]:
    """Run one after the other, each to its end, before any part starts."""
    password = {"ADMIN_PASSWORD": settings.admin_password} if settings.admin_password else {}
    # One process for both: loading the application twice would cost the start a second.
    return [_helix("database", "seed", "--migrate", "--json", extra=password)]


def parts(settings: Settings) -> list[Command]:
    """Run until they are stopped. The worker loads everything once, and forks scheduler and `RUN_WORKERS`."""
    # The worker first: it says that it is starting before the web can be asked for anything that needs one.
    return [
        _helix("worker", "worker", "all", "--processes", str(settings.run_workers), "--with-scheduler"),
        _helix("web", "web"),
    ]
