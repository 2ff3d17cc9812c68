"""`helix run`: the supervisor with the real steps and parts."""

import os

from setproctitle import setproctitle

from helix.settings import Settings
from helix.supervisor import parts
from helix.supervisor.console import Console
from helix.supervisor.supervisor import Supervisor


def main(settings: Settings) -> int:
    """Run the whole installation; the exit code."""
    setproctitle("helix supervisor")
    # Whatever an installation writes, the database included, is for its owner alone.
    os.umask(0o077)
    return Supervisor(
        settings,
        steps=parts.steps(settings),
        parts=parts.parts(settings),
        environment=parts.environment(settings),
        console=Console(settings.log_format),
    ).run()
