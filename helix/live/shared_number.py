"""A number that the processes of one machine share through a memory-mapped file of the data folder."""

import logging
import mmap
import time
from pathlib import Path

log = logging.getLogger(__name__)

SIZE = 8


class SharedNumber:
    """Changed by a process that changes what it stands for, and compared by processes that cache something of that."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._bytes: mmap.mmap | None = None

    def share(self, folder: Path) -> None:
        """Called once by every process before it moves or reads the number. Without a writable folder it reads None."""
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with (folder / self.name).open("a+b") as file:
                file.truncate(SIZE)
                self._bytes = mmap.mmap(file.fileno(), SIZE)
        except OSError as error:
            log.warning("Nothing is cached: %s cannot be written to (%s).", folder, error.strerror)
            self._bytes = None

    def read(self) -> bytes | None:
        return None if self._bytes is None else self._bytes[:SIZE]

    def move(self) -> None:
        if self._bytes is not None:
            self._bytes[:SIZE] = time.time_ns().to_bytes(SIZE, "little")
