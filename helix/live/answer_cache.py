"""What was computed for somebody from the database, kept while nothing is written: see `writes`."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Generic, NamedTuple, TypeVar

from helix.live import writes

T = TypeVar("T")
Key = tuple[str, ...]
Place = tuple[int, Key]


class Kept(NamedTuple, Generic[T]):
    owner: object  # held on to, so that no other can come to have its place in memory
    state: writes.State
    until: float
    value: T


class Memory(Generic[T]):
    """Void as soon as anything is committed anywhere, and after a second in any case: what is said of the time, or
    of what no commit tells, is never older."""

    SECONDS = 1.0
    # What an entry takes besides its value: many small ones count as well.
    AROUND = 2000

    def __init__(self, most_bytes: int, longest: int) -> None:
        self.most_bytes = most_bytes
        self.longest = longest
        self._bytes = 0
        self._kept: dict[Place, Kept[T]] = {}
        self._turns: dict[Place, threading.Lock] = {}

    def recall(self, owner: object, key: Key, state: writes.State) -> T | None:
        """`state` as it is now; `keep` wants it as it was before the database was asked."""
        kept = self._kept.get((id(owner), key))
        return kept.value if kept and kept.state == state and kept.until > time.monotonic() else None

    def keep(self, owner: object, key: Key, state: writes.State, value: T, size: int) -> None:
        if size > self.longest:
            return
        if self._bytes + size + self.AROUND > self.most_bytes:
            self.forget()
        self._bytes += size + self.AROUND
        self._kept[id(owner), key] = Kept(owner, state, time.monotonic() + self.SECONDS, value)

    @contextmanager
    def turn(self, owner: object, key: Key) -> Iterator[None]:
        """Of several who want the same dear thing at once one computes it; the others look again after that."""
        place = id(owner), key
        lock = self._turns.setdefault(place, threading.Lock())
        with lock:
            try:
                yield
            finally:
                self._turns.pop(place, None)

    def forget(self) -> None:
        self._kept.clear()
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._kept)
