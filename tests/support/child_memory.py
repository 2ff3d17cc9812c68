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
    """Peak resident memory of a child, by polling: the kernel's maximum includes the parent's memory before exec."""
    found, over = PeakMemory(), threading.Event()

    def look() -> None:
        while not over.wait(0.005):
            for child in psutil.Process().children():
                with contextlib.suppress(psutil.Error):
                    found.megabytes = max(found.megabytes, child.memory_info().rss / 1024 / 1024)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        over.set()
        thread.join(5)
