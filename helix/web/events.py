"""`GET /events`: changes as server-sent events (SSE), one stream per open page.

Events carry names and ids as JSON; the page then fetches the changed parts with its own permissions. Only the text of
the run in `?run=` is sent in the event itself, after a check that the viewer may see its task.
"""

import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask, Response, current_app, request
from flask.globals import app_ctx
from flask.typing import ResponseReturnValue

from helix import live, shutdown
from helix.errors import NotFound
from helix.extensions import db
from helix.metrics import http
from helix.models.vocabulary import BoardLevel
from helix.policies.actor import Actor
from helix.services import runs, tasks
from helix.settings import Settings
from helix.web import session
from helix.web.blueprint import actor, signed_in_blueprint
from helix.web.forms import int_or_none
from helix.web.stream_limits import open_streams

blueprint = signed_in_blueprint("events")
BLUEPRINTS = (blueprint,)

PING_SECONDS = 15.0
# A closed page is detected by the second failing ping. With a task open, other viewers wait for that, so ping often.
TASK_PING_SECONDS = 1.5
RECHECK_SECONDS = 30.0
# Characters by which a page recognizes a text whose blocks are rendered.
BEGINNING = 80
ADMIN_EVENTS = ("webhook", "tool_source")
# Permissions may have changed after these events; `reload` replaces events that were dropped. `live.rights` may report
# the change earlier.
RIGHTS_EVENTS = ("board", "user", "settings", "reload")

_open = 0
_count_lock = threading.Lock()


@blueprint.get("/events")
def events() -> ResponseReturnValue:
    settings: Settings = current_app.config["HELIX"]
    visitor = session.visitor()
    if visitor is None:
        raise NotFound
    run_id = _visible_run(int_or_none(request.args, "run"))
    task = _visible_task(int_or_none(request.args, "task"))
    since = request.args.get("since", type=float)
    if not _acquire_slot(settings.max_event_streams):
        return (
            {"detail": "Too many pages are open at once. This one reconnects automatically."},
            503,
            {"Retry-After": "5"},
        )
    app = app_ctx.app
    # A stream lives as long as its page: do not keep a database connection for it.
    db.session.remove()
    open_streams.processes = settings.web_processes
    stream = Stream(app, visitor, run_id, task)
    answer = Response(stream.lines(since), mimetype="text/event-stream")
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["X-Accel-Buffering"] = "no"
    answer.call_on_close(_release_slot)
    return answer


def _visible_run(run_id: int | None) -> int | None:
    """The id of the run if it is queued or running and the viewer may see its task, else None."""
    if run_id is None:
        return None
    try:
        run = runs.get(actor(), run_id)
    except NotFound:
        return None
    return run.id if run.status.is_live else None


def _visible_task(task_id: int | None) -> tuple[int, int] | None:
    """(task id, board id) of the task that is open on the page, if the viewer may see it, else None."""
    try:
        task = tasks.get(actor(), task_id) if task_id else None
    except NotFound:
        return None
    return (task.id, task.board_id) if task else None


def _acquire_slot(limit: int) -> bool:
    global _open
    with _count_lock:
        if _open >= limit:
            return False
        _open += 1
        http.set_open_streams(_open)
        return True


def _release_slot() -> None:
    global _open
    with _count_lock:
        _open -= 1
        http.set_open_streams(_open)


class Stream:
    """The event stream of one page. Ends when the page closes, the session ends, or the process stops."""

    def __init__(self, app: Flask, visitor: session.Visitor, run_id: int | None, task: tuple[int, int] | None) -> None:
        self._app = app
        self._visitor = visitor
        self._actor = visitor.actor
        # Read before the actor, so that a change in between is detected.
        self._rights: live.rights.State | None = None
        self._evicted = False
        self._subscription: live.Subscription | None = None
        self._run_id = run_id
        self._task = task
        self._checked_at = time.monotonic()
        self._sent_characters = 0  # of the run's text
        self._page = secrets.token_hex(6)

    def lines(self, since: float | None) -> Iterator[str]:
        runs = frozenset({self._run_id} if self._run_id else ())
        with (
            live.listener().subscribed(runs=runs, since=since) as page,
            open_streams.track(self._visitor.session_id, self._actor.user_id, self.evict),
            self._viewing(),
        ):
            self._subscription = page
            yield ": hello\n\n"
            if self._run_id:
                yield from self._text_so_far(self._run_id)
            while not shutdown.is_stopping():
                event = page.next(min(PING_SECONDS, TASK_PING_SECONDS) if self._task else PING_SECONDS)
                if self._evicted:
                    yield _line("rest", {})
                    return
                if shutdown.is_stopping() or not self._is_allowed(event):
                    return
                if event is None:
                    self._announce()
                yield ": still here\n\n" if event is None else self._event_line(event)

    def evict(self) -> None:
        """End this stream: its session or user has opened too many newer ones. Thread-safe."""
        self._evicted = True
        if self._subscription:
            self._subscription.wake()

    @contextmanager
    def _viewing(self) -> Iterator[None]:
        """Publish the viewer's presence at the task while the page is open."""
        self._announce()
        self._notify_viewers()
        try:
            yield
        finally:
            if self._task and (viewer := self._viewer()):
                live.viewing.gone(self._task[0], viewer, self._page)
            self._notify_viewers()

    def _viewer(self) -> live.viewing.Viewer | None:
        return live.viewing.Viewer(self._actor.user_id, self._actor.name) if self._actor.user_id else None

    def _announce(self) -> None:
        if self._task and (viewer := self._viewer()):
            live.viewing.here(self._task[0], viewer, self._page)

    def _notify_viewers(self) -> None:
        if self._task and live.viewing.others(self._task[0], self._actor.user_id):
            live.publish("viewing", board_id=self._task[1], task_id=self._task[0])

    def _text_so_far(self, run_id: int) -> Iterator[str]:
        found = live.streamed_so_far(run_id)
        if found and found.text:
            self._sent_characters = len(found.text)
            text = found.text[:BEGINNING] if found.html else found.text
            yield _line("text", _text_data(run_id, text, found.html, found.rest, whole=True))

    def _event_line(self, event: live.Event) -> str:
        kind = event["kind"]
        if kind == "text":
            return self._text_event(event)
        if not _may_receive(self._actor, event):
            return ""
        data = {name: value for name, value in event.items() if name != "kind" and value is not None}
        # Every page refreshes its sidebar when a board changes, but the id is only sent to those who may see it.
        return _line(kind, {} if kind == "board" and _hidden_board(self._actor, event.get("id")) else data)

    def _text_event(self, event: live.Event) -> str:
        """The text that the page does not have yet, with the blocks it completes as HTML. Offset 0: the run restarted,
        so replace it all. With `html`, `rest` replaces what was not rendered before.
        """
        if _hidden_board(self._actor, event.get("board_id")):
            return ""
        offset, text = event["offset"], event["text"]
        whole = offset == 0
        if not whole:
            text = text[max(0, self._sent_characters - offset) :]
        self._sent_characters = offset + len(event["text"])
        if not text:
            return ""
        html, rest = event.get("html", ""), event.get("rest", "")
        return _line("text", _text_data(event["run_id"], text, html, rest, whole=whole))

    def _is_allowed(self, event: live.Event | None) -> bool:
        """Reload the actor after any change of permissions, and every RECHECK_SECONDS. False when the session ended."""
        state = live.rights.state()
        due = time.monotonic() - self._checked_at >= RECHECK_SECONDS
        changed = state != self._rights or (event is not None and event["kind"] in RIGHTS_EVENTS)
        if not due and not changed:
            return True
        with self._app.app_context():
            try:
                # A change makes all streams reload at once: use the cache, which the streams of a session share.
                found = session.load(self._visitor.secret) if due else session.load_cached(self._visitor.secret)
            finally:
                db.session.remove()
        if due:
            self._checked_at = time.monotonic()
        self._rights = state
        if found is None:
            return False
        self._actor = found.actor
        return True


def _text_data(run_id: int, text: str, html: str, rest: str, *, whole: bool) -> dict[str, Any]:
    data = {"run_id": run_id, "text": text, "whole": whole}
    return data | {"html": html, "rest": rest} if html else data


def _may_receive(actor: Actor, event: live.Event) -> bool:
    """Whether the actor may receive the event: events of a user go to that user, events of a board to its viewers."""
    if event.get("user_id") is not None and event["user_id"] != actor.user_id:
        return False
    if event["kind"] in ADMIN_EVENTS and not actor.is_admin:
        return False
    return not _hidden_board(actor, event.get("board_id"))


def _hidden_board(actor: Actor, board_id: int | None) -> bool:
    return board_id is not None and actor.level_on(board_id) < BoardLevel.VIEW


def _line(name: str, data: dict[str, Any]) -> str:
    return f"event: {name}\ndata: {json.dumps(data, separators=(',', ':'))}\n\n"
