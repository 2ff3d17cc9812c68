"""The one cache of this product: bounded, the least recently used entries go first, entries hold for one version.

A version is a value that changes whenever an entry might be out of date: `live.writes.state()` for what was computed
from the database, `live.rights.state()` for who acts. Content that its key determines needs none.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")

# What an entry takes besides its value, in bytes: many small entries count as well.
OVERHEAD = 2000


class Entry(NamedTuple, Generic[T]):
    version: Hashable
    until: float
    value: T
    size: int


class ById:
    """An object as part of a key: equal only to itself. The key holds it, so that no other gets its id meanwhile."""

    __slots__ = ("thing",)

    def __init__(self, thing: object) -> None:
        self.thing = thing

    def __hash__(self) -> int:
        return id(self.thing)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ById) and other.thing is self.thing


class Cache(Generic[T]):
    """For all threads of the process. `most_bytes` counts sizes and overhead; larger values than `longest` bytes are
    not kept, nor is anything for longer than `seconds`."""

    def __init__(self, *, most_bytes: int, longest: int | None = None, seconds: float = float("inf")) -> None:
        self.most_bytes = most_bytes
        self.longest = most_bytes // 4 if longest is None else longest
        self.seconds = seconds
        self.bytes = 0
        self._entries: OrderedDict[Hashable, Entry[T]] = OrderedDict()
        self._lock = threading.Lock()
        self._turns: dict[Hashable, threading.Lock] = {}

    def get(self, key: Hashable, version: Hashable = None) -> T | None:
        """`version` as it is now."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                return None
            if entry.version != version or entry.until <= time.monotonic():
                self._remove(key)
                return None
            self._entries.move_to_end(key)
            return entry.value

    def put(self, key: Hashable, value: T, *, version: Hashable = None, size: int = 0) -> None:
        """`version` as it was before the value was computed: a change meanwhile makes it void. `size` in bytes."""
        if size > self.longest:
            return
        with self._lock:
            self._remove(key)
            self._entries[key] = Entry(version, time.monotonic() + self.seconds, value, size + OVERHEAD)
            self.bytes += size + OVERHEAD
            while self.bytes > self.most_bytes and self._entries:
                self._remove(next(iter(self._entries)))

    @contextmanager
    def turn(self, key: Hashable) -> Iterator[None]:
        """Of several threads that want the same expensive value one computes it; the others look again after that."""
        lock = self._turns.setdefault(key, threading.Lock())
        with lock:
            try:
                yield
            finally:
                self._turns.pop(key, None)

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()
            self.bytes = 0

    def __len__(self) -> int:
        return len(self._entries)

    def _remove(self, key: Hashable) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self.bytes -= entry.size
