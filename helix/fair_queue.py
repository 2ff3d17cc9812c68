"""Turns for something that few may do at once: whoever asks most does not keep the others waiting."""

import threading
from collections import deque
from collections.abc import Hashable, Iterator
from contextlib import contextmanager

from helix.errors import TooManyRequests

TOO_MANY_WAITING = "You are having many files worked on already. Wait until some are done, then try again."


class FairQueue:
    """At most `at_once` at a time. Those who wait go round by person; of one person at most `waiting` wait.

    For the threads of one process.
    """

    def __init__(self, at_once: int, *, waiting: int) -> None:
        self._free = at_once
        self._most_waiting = waiting
        self._lock = threading.Lock()
        # In the order of their next turns; the tickets of each in the order they came.
        self._line: dict[Hashable, deque[threading.Event]] = {}

    @contextmanager
    def turn(self, person: Hashable) -> Iterator[None]:
        """Raises TooManyRequests where this person has too many waiting."""
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
                self._line[person] = tickets  # behind all others
