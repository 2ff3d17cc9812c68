"""Locks on the data folder that the kernel gives back when their holder dies, however it dies."""

import fcntl
import os
import time
from contextlib import suppress
from pathlib import Path


class FolderLock:
    """An exclusive lock, held through an open file: by this process, and by children that inherit `descriptor`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def take(self, *, patience: float = 0.0) -> bool:
        """Whether the lock is ours, tried for `patience` seconds. The file then holds our process id, for people."""
        until = time.monotonic() + patience
        while True:
            with suppress(BlockingIOError):
                fcntl.flock(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                os.ftruncate(self.descriptor, 0)
                os.pwrite(self.descriptor, f"{os.getpid()}\n".encode(), 0)
                return True
            if time.monotonic() >= until:
                return False
            time.sleep(0.1)

    def holder(self) -> str:
        """The process id that the holder wrote, or an empty text."""
        return os.pread(self.descriptor, 32, 0).decode(errors="replace").strip()

    def release(self) -> None:
        """Close our hold on it. A child that inherited the descriptor keeps the lock while it lives."""
        os.close(self.descriptor)
