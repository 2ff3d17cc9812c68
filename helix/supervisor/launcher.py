"""Runs between fork and a part's own program: asks the kernel to end the part if the supervisor dies.

    python -I -S launcher.py <pid of the supervisor> <program> [argument ...]

A program of its own, because code between fork and exec is not safe in a process that may hold locks. It imports
nothing of ours and costs some 20 ms. Where there is no prctl (outside Linux) the part is started all the same.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    parent, program = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    # It may have died before we asked; then no signal will come.
    if os.getppid() != parent:
        sys.exit(1)
    try:
        os.execvp(program[0], program)  # noqa: S606
    except OSError as error:
        sys.exit(f"{program[0]} cannot be started: {error.strerror}.")


if __name__ == "__main__":
    main()
