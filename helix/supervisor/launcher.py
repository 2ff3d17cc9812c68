"""Wraps a child program: asks the kernel to terminate it if the supervisor dies.

    python -I -S launcher.py <pid of the supervisor> <program> [argument ...]

A separate program, because running code between fork and exec is not safe in a process that may hold locks. It
imports nothing from helix and takes about 20 ms. Outside of Linux, where there is no prctl, it only starts the program.
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
    # If the supervisor died before the call, there will be no signal.
    if os.getppid() != parent:
        sys.exit(1)
    try:
        os.execvp(program[0], program)  # noqa: S606
    except OSError as error:
        sys.exit(f"{program[0]} cannot be started: {error.strerror}.")


if __name__ == "__main__":
    main()
