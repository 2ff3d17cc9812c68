"""One Redis subscription per web process, dispatched to its open pages.

A page that falls behind, and every page after a gap in the subscription, gets a `reload`: it fetches its parts again
through the same rights, so that no history needs to be kept for it.
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
KEPT_SECONDS = 60.0
MOST_KEPT = 1000
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0
# A frozen Redis keeps its connections open: after 15 quiet seconds it is pinged every second.
UNANSWERED = 5
# Events this long before a page was rendered are repeated to it.
GAP_SECONDS = 1.0


class Subscription:
    """The events for one open page, in order. `runs` are the ids of the runs whose text it shows."""

    def __init__(self, runs: frozenset[int] = frozenset()) -> None:
        self.runs = runs
        # Its put is safe in a signal handler, which is where the stop comes from.
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
        """The next event. None when none comes within `seconds`, when rights changed, and when the process stops."""
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
        self._recent: deque[tuple[float, Event]] = deque(maxlen=MOST_KEPT)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._subscribed_since: float | None = None
        # Since when pages have missed events (seconds of the epoch); 0 after a lost connection.
        self._missing_since = 0.0
        # How often rights, or anything in the database, may have changed elsewhere.
        self._rights = 0
        self._changes = 0
        shutdown.on_stop(self._wake_all)

    @property
    def pages(self) -> int:
        return len(self._pages)

    @contextmanager
    def subscribed(self, *, runs: frozenset[int] = frozenset(), since: float | None = None) -> Iterator[Subscription]:
        """Subscribe a page that was rendered at `since` (seconds of the epoch): the events it missed come first."""
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

    def rights_version(self) -> int | None:
        """Changes whenever rights change on another machine. None while there is no subscription."""
        return self._rights if self._is_subscribed() else None

    def changes_version(self) -> int | None:
        """Changes with every change event. None while there is no subscription."""
        return self._changes if self._is_subscribed() else None

    def _is_subscribed(self) -> bool:
        if self._thread is None or not self._thread.is_alive():
            with self._lock:
                self._start()
        return self._subscribed_since is not None

    def _missed(self, since: float | None) -> list[Event]:
        if since is None:
            return []
        oldest = max(self._subscribed_since or time.time(), time.time() - KEPT_SECONDS)
        if len(self._recent) == MOST_KEPT:
            oldest = max(oldest, self._recent[0][0] + GAP_SECONDS)
        # Older than what is kept, such as a tab that was asleep: it loads everything again.
        return (
            [RELOAD]
            if since < oldest - GAP_SECONDS
            else [event for at, event in self._recent if at >= since - GAP_SECONDS]
        )

    def _start(self) -> None:
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._listen, name="live-listener", daemon=True)
            self._missing_since = time.time()
            self._thread.start()

    def _listen(self) -> None:
        failures = 1
        while not shutdown.is_stopping():
            try:
                self._receive()
                failures = 1
            except (RedisError, OSError) as error:
                log.warning("Open pages get no events for a moment, Redis is away: %s", error)
                was_subscribed = self._subscribed_since is not None
                if was_subscribed:
                    self._subscribed_since, self._missing_since = None, 0.0
                failures = 1 if was_subscribed else failures + 1
                shutdown.wait(backoff(failures, first=FIRST_PAUSE, longest=LONGEST_PAUSE, jitter=0.3))
            except Exception:
                log.exception("The listener for open pages failed and starts again")
                shutdown.wait(1)

    def _receive(self) -> None:
        client = blocking_redis()
        try:
            pubsub = client.pubsub(ignore_subscribe_messages=True)
            events, texts, rights = (channel(name) for name in (EVENTS, TEXTS, RIGHTS))
            pubsub.subscribe(events, texts, rights)
            pubsub.get_message(timeout=5)
            pubsub.ping()
            self._rights += 1
            self._changes += 1
            if time.time() - self._missing_since > GAP_SECONDS:
                self._dispatch(RELOAD)
            self._subscribed_since = time.time()
            while not shutdown.is_stopping():
                message = pubsub.get_message(timeout=1.0)
                if pubsub.health_check_response_counter > UNANSWERED:
                    raise RedisConnectionError("Redis did not answer several pings.")
                if message and message["channel"] == rights.encode():
                    self._rights += 1
                    # Pages check whether they may still receive events.
                    self._wake_all()
                elif message and message["type"] == "message":
                    event = json.loads(message["data"])
                    if message["channel"] == texts.encode():
                        self._dispatch({**event, "kind": "text"})
                        continue
                    if event["kind"] not in NO_CHANGE:
                        self._changes += 1
                    self._dispatch(event)
        finally:
            client.close()

    def _dispatch(self, event: Event) -> None:
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
    """The listener of this process, created when the first page opens its stream."""
    with _making:
        if os.getpid() not in _listeners:
            _listeners[os.getpid()] = Listener()
        return _listeners[os.getpid()]
