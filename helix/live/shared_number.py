"""A number that the processes of one machine share through a file of the data folder: reading it costs nothing."""

import logging
import mmap
import time
from pathlib import Path

log = logging.getLogger(__name__)

SIZE = 8


class SharedNumber:
    """Moved on by whoever changes what it stands for, and compared by whoever remembers something of that."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._bytes: mmap.mmap | None = None

    def share(self, folder: Path) -> None:
        """Every process does this once before it moves or reads it. Where it cannot, it reads None."""
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with (folder / self.name).open("a+b") as file:
                file.truncate(SIZE)
                self._bytes = mmap.mmap(file.fileno(), SIZE)
        except OSError as error:
            log.warning("Nothing is remembered: %s cannot be written to (%s).", folder, error.strerror)
            self._bytes = None

    def read(self) -> bytes | None:
        return None if self._bytes is None else self._bytes[:SIZE]

    def move(self) -> None:
        if self._bytes is not None:
            self._bytes[:SIZE] = time.time_ns().to_bytes(SIZE, "little")
