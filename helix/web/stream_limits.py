"""Limits of open event streams per browser session and per user. Beyond a limit the oldest stream ends.

Refusing the newest would hit people who click fast: a left page is only detected when its stream is written to, so
each visited page keeps a stream for some seconds. A page whose stream ends this way does not reconnect at once
(static/js/events.js).
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from itertools import count

# For all web processes of a host together; each process enforces its share.
MAX_PER_SESSION = 20
MAX_PER_USER = 60

_End = Callable[[], None]


class OpenStreams:
    """The open streams of this process. `processes` is the number of web processes."""

    def __init__(self, processes: int = 1) -> None:
        self.processes = processes
        self._lock = threading.Lock()
        self._numbers = count()
        self._open: dict[Hashable, OrderedDict[int, _End]] = {}

    @contextmanager
    def track(self, session: Hashable, person: Hashable, end: _End) -> Iterator[None]:
        """Track a stream while it is open. `end` is called, possibly from another thread, to end it over a limit."""
        number = next(self._numbers)
        keys = (("session", session), MAX_PER_SESSION), (("person", person), MAX_PER_USER)
        surplus: dict[int, _End] = {}
        with self._lock:
            for key, most in keys:
                streams = self._open.setdefault(key, OrderedDict())
                streams[number] = end
                while len(streams) > max(1, most // self.processes):
                    oldest, its_end = streams.popitem(last=False)
                    surplus[oldest] = its_end
        for its_end in surplus.values():
            its_end()
        try:
            yield
        finally:
            with self._lock:
                for key, _most in keys:
                    streams = self._open.get(key, OrderedDict())
                    streams.pop(number, None)
                    if not streams:
                        self._open.pop(key, None)

    def count_for_session(self, session: Hashable) -> int:
        return len(self._open.get(("session", session), ()))


open_streams = OpenStreams()
