"""Sets the limits of a server's program and becomes it. Run as a file, by an interpreter that loads nothing else.

    python -I -S launcher.py PARENT_PID LIMITS COMMAND [ARGUMENT]...

LIMITS is a JSON object of names of `resource` and values. Setting them in the child of a fork (`preexec_fn`) would run
Python between fork and exec in a process that has threads.
"""

import ctypes
import json
import os
import resource
import signal
import sys

_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38
# Processes and threads of this user that a program may add.
_MORE_TASKS = 512


def _die_with(parent: int) -> None:
    """Have the kernel kill this process when its parent is gone. Linux only."""
    if sys.platform != "linux":
        return
    control = ctypes.CDLL(None, use_errno=True).prctl
    control(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it died before
        sys.exit(1)


def _limit(name: str, value: int) -> None:
    """Set a limit, but not above the hard limit of this process."""
    kind = getattr(resource, name, None)
    if kind is None:
        return
    hard = resource.getrlimit(kind)[1]
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(kind, (value, value))


def _tasks_of_this_user() -> int:
    """All threads, which is what the kernel counts. 0 where they cannot be counted."""
    count = 0
    for process in os.scandir("/proc") if sys.platform == "linux" else ():
        try:
            if process.name.isdigit() and process.stat().st_uid == os.getuid():
                count += sum(1 for _ in os.scandir(f"{process.path}/task"))
        except OSError:
            continue  # it has ended
    return count


def main() -> None:
    parent, limits, *command = sys.argv[1:]
    _die_with(int(parent))
    tasks = _tasks_of_this_user()
    if tasks:
        _limit("RLIMIT_NPROC", tasks + _MORE_TASKS)
    for name, value in json.loads(limits).items():
        _limit(name, value)
    # Python ignores some signals, and the program would inherit that.
    for ignored in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(ignored, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    # A bubblewrap with the rights of its owner could not take them then, and sets this itself.
    if not command[0].endswith("/bwrap") and sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    try:
        os.execvp(command[0], command)  # noqa: S606
    except OSError as error:
        sys.exit(f"{command[0]} could not be started: {error.strerror}")


if __name__ == "__main__":
    main()
