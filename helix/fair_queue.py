"""A semaphore with fair queueing by user: one user's many requests do not delay the others."""

import threading
from collections import deque
from collections.abc import Hashable, Iterator
from contextlib import contextmanager

from helix.errors import TooManyRequests

TOO_MANY_WAITING = "Many of your files are already being processed. Wait until some are done, then try again."


class FairQueue:
    """Lets at most `at_once` threads of this process in at a time. Waiting threads take turns by user, and each user
    may have at most `waiting` of them.
    """

    def __init__(self, at_once: int, *, waiting: int) -> None:
        self._free = at_once
        self._most_waiting = waiting
        self._lock = threading.Lock()
        # By user, in the order of their next turns; each user's waiting threads in order of arrival.
        self._line: dict[Hashable, deque[threading.Event]] = {}

    @contextmanager
    def turn(self, person: Hashable) -> Iterator[None]:
        """Wait for a turn. Raises TooManyRequests when this user has too many threads waiting."""
        ticket = self._ticket(person)
        if ticket:
            ticket.wait()
        try:
            yield
        finally:
            self._next()

    def _ticket(self, person: Hashable) -> threading.Event | None:
        with self._lock:
            if self._free:
                self._free -= 1
                return None
            tickets = self._line.setdefault(person, deque())
            if len(tickets) >= self._most_waiting:
                raise TooManyRequests(TOO_MANY_WAITING, retry_after=5)
            ticket = threading.Event()
            tickets.append(ticket)
            return ticket

    def _next(self) -> None:
        with self._lock:
            if not self._line:
                self._free += 1
                return
            person = next(iter(self._line))
            tickets = self._line.pop(person)
            tickets.popleft().set()
            if tickets:
                self._line[person] = tickets  # to the end of the queue
