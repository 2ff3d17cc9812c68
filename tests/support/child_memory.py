"""Memory use of child processes."""

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass

import psutil


@dataclass
class PeakMemory:
    megabytes: float = 0.0


@contextlib.contextmanager
def peak_child_memory() -> Iterator[PeakMemory]:
    """Peak memory of a child's own, by polling.

    The kernel's maximum, and resident memory, include what a child shares with its parent between fork and exec.
    """
    found, over = PeakMemory(), threading.Event()

    def look() -> None:
        while not over.wait(0.005):
            for child in psutil.Process().children():
                with contextlib.suppress(psutil.Error):
                    found.megabytes = max(found.megabytes, child.memory_full_info().uss / 1024 / 1024)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        over.set()
        thread.join(5)
