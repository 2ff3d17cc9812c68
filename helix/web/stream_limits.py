"""How many event streams one browser session, and one person, may have open: the newest stay, the oldest end.

Refusing the newest instead would hit people who click fast: that a page was left is noticed only when something is
written to its stream, so for some seconds they hold one for each page they came through. A page whose stream is ended
like this is told so, and does not come again at once (static/js/events.js).
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from itertools import count

# Of all web processes of a host together; each has its share.
MAX_PER_SESSION = 20
MAX_PER_USER = 60

_End = Callable[[], None]


class OpenStreams:
    """Those of one process. `processes` is how many there are."""

    def __init__(self, processes: int = 1) -> None:
        self.processes = processes
        self._lock = threading.Lock()
        self._numbers = count()
        self._open: dict[Hashable, OrderedDict[int, _End]] = {}

    @contextmanager
    def track(self, session: Hashable, person: Hashable, end: _End) -> Iterator[None]:
        """While a stream is open. `end` is called, perhaps by another thread, when it has to make room."""
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
