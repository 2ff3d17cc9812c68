"""Everything that a part has started: the processes of its session, in whatever process groups they put themselves."""

import os
import signal
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")


def members(leader: int) -> list[int]:
    """The living processes of the session that `leader` opened, also after it died. Linux only: elsewhere none."""
    found = []
    for entry in PROC.glob("[0-9]*"):
        with suppress(OSError, ValueError, IndexError):
            # pid (name) state ppid pgrp session ...: the name may hold blanks and brackets, so read from the last one.
            fields = (entry / "stat").read_text(errors="replace").rpartition(")")[2].split()
            if int(fields[3]) == leader and fields[0] not in "ZX":
                found.append(int(entry.name))
    return found


def kill(leader: int) -> None:
    """SIGKILL for the whole session. RQ's work horses have process groups of their own, so the group is not enough."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)
    for pid in members(leader):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
