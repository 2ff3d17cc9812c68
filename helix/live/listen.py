"""One Redis subscription a web process, handed on to its open pages.

A page that falls behind, and every page after a gap in the subscription, is told to `reload`: it fetches its
parts again through the same rights, so that nothing needs to be kept for it.
"""

import json
import logging
import os
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from queue import Empty, SimpleQueue
from typing import Any

from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError

from helix import shutdown
from helix.backoff import backoff
from helix.live.publish import EVENTS, RIGHTS, TEXTS, channel
from helix.queue.connection import blocking_redis

log = logging.getLogger(__name__)

Event = dict[str, Any]
RELOAD: Event = {"kind": "reload"}
# Events that follow from no write to the database: they leave cached answers valid.
NO_CHANGE = frozenset({"viewing"})
MOST_WAITING = 200
REMEMBERED_SECONDS = 60.0
MOST_REMEMBERED = 1000
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0
# A frozen Redis keeps its connections open: after a quiet quarter of a minute it is asked every second.
UNANSWERED = 5
# Between a page and its stream less is lost than a page takes to load.
GAP_SECONDS = 1.0


class Subscription:
    """The events of one open page, in their order. `runs` are those whose text it shows."""

    def __init__(self, runs: frozenset[int] = frozenset()) -> None:
        self.runs = runs
        # Its put is safe in a signal handler, where the stop is told.
        self._events: SimpleQueue[Event | None] = SimpleQueue()
        self._behind = False

    def give(self, event: Event) -> None:
        if event["kind"] == "text" and event["run_id"] not in self.runs:
            return
        if self._events.qsize() >= MOST_WAITING:
            self._behind = True
        else:
            self._events.put(event)

    def wake(self) -> None:
        self._events.put(None)

    def next(self, seconds: float) -> Event | None:
        """The next event; None when none comes in time, or when the process is about to stop."""
        try:
            event = self._events.get(timeout=seconds)
        except Empty:
            return None
        if event is not None and self._behind:
            self._behind = False
            while not self._events.empty():
                self._events.get_nowait()
            return RELOAD
        return event


class Listener:
    def __init__(self) -> None:
        self._pages: dict[int, Subscription] = {}
        self._recent: deque[tuple[float, Event]] = deque(maxlen=MOST_REMEMBERED)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._hearing_since: float | None = None
        # When pages began to miss things; long ago after a break, a moment ago at the very start.
        self._deaf_since = 0.0
        # How often rights, or anything in the database, may have changed elsewhere.
        self._rights = 0
        self._changes = 0
        shutdown.on_stop(self._wake_all)

    @property
    def pages(self) -> int:
        return len(self._pages)

    @contextmanager
    def subscribed(self, *, runs: frozenset[int] = frozenset(), since: float | None = None) -> Iterator[Subscription]:
        """Listen for a page that knows all until `since` (seconds of the epoch): what it missed is told first."""
        page = Subscription(runs)
        with self._lock:
            self._start()
            for event in self._missed(since):
                page.give(event)
            self._pages[id(page)] = page
        try:
            yield page
        finally:
            with self._lock:
                self._pages.pop(id(page), None)

    def rights_heard(self) -> int | None:
        """A number that moves on when rights change on another machine. None while nothing can be heard."""
        return self._rights if self._hears() else None

    def changes_heard(self) -> int | None:
        """A number that moves on with every change event. None while nothing can be heard."""
        return self._changes if self._hears() else None

    def _hears(self) -> bool:
        if self._thread is None or not self._thread.is_alive():
            with self._lock:
                self._start()
        return self._hearing_since is not None

    def _missed(self, since: float | None) -> list[Event]:
        if since is None:
            return []
        oldest = max(self._hearing_since or time.time(), time.time() - REMEMBERED_SECONDS)
        if len(self._recent) == MOST_REMEMBERED:
            oldest = max(oldest, self._recent[0][0] + GAP_SECONDS)
        # Older than what is remembered, such as a tab that was asleep: it looks at everything again.
        return (
            [RELOAD]
            if since < oldest - GAP_SECONDS
            else [event for at, event in self._recent if at >= since - GAP_SECONDS]
        )

    def _start(self) -> None:
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._listen, name="live-listener", daemon=True)
            self._deaf_since = time.time()
            self._thread.start()

    def _listen(self) -> None:
        failures = 1
        while not shutdown.is_stopping():
            try:
                self._hear()
                failures = 1
            except (RedisError, OSError) as error:
                log.warning("Open pages hear nothing for a moment, Redis is away: %s", error)
                was_hearing = self._hearing_since is not None
                if was_hearing:
                    self._hearing_since, self._deaf_since = None, 0.0
                failures = 1 if was_hearing else failures + 1
                shutdown.wait(backoff(failures, first=FIRST_PAUSE, longest=LONGEST_PAUSE, jitter=0.3))
            except Exception:
                log.exception("The listener for open pages broke and begins anew")
                shutdown.wait(1)

    def _hear(self) -> None:
        client = blocking_redis()
        try:
            heard = client.pubsub(ignore_subscribe_messages=True)
            events, texts, rights = (channel(name) for name in (EVENTS, TEXTS, RIGHTS))
            heard.subscribe(events, texts, rights)
            heard.get_message(timeout=5)
            heard.ping()
            self._rights += 1
            self._changes += 1
            if time.time() - self._deaf_since > GAP_SECONDS:
                self._hand_on(RELOAD)
            self._hearing_since = time.time()
            while not shutdown.is_stopping():
                message = heard.get_message(timeout=1.0)
                if heard.health_check_response_counter > UNANSWERED:
                    raise RedisConnectionError("It was asked several times whether it is there, and said nothing.")
                if message and message["channel"] == rights.encode():
                    self._rights += 1
                    # Pages look whether they are still allowed to hear anything.
                    self._wake_all()
                elif message and message["type"] == "message":
                    event = json.loads(message["data"])
                    if message["channel"] == texts.encode():
                        self._hand_on({**event, "kind": "text"})
                        continue
                    if event["kind"] not in NO_CHANGE:
                        self._changes += 1
                    self._hand_on(event)
        finally:
            client.close()

    def _hand_on(self, event: Event) -> None:
        with self._lock:
            if event["kind"] not in ("text", "reload"):
                self._recent.append((time.time(), event))
            pages = list(self._pages.values())
        for page in pages:
            page.give(event)

    def _wake_all(self) -> None:
        # In a signal handler: no lock may be taken here, and a copy of a dictionary's values is one step.
        for page in list(self._pages.values()):
            page.wake()


_listeners: dict[int, Listener] = {}
_making = threading.Lock()


def listener() -> Listener:
    """The one of this process, made when the first page opens its stream."""
    with _making:
        if os.getpid() not in _listeners:
            _listeners[os.getpid()] = Listener()
        return _listeners[os.getpid()]
