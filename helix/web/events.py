"""`GET /events`: what changed, as server-sent events, to one open page of somebody who is signed in.

Named events with ids as JSON; what they are about is fetched by the page through the same rights. The text of a
run that is asked for (`?run=`) is the one thing told itself, after the task was seen to be visible.
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
from helix.metrics import answers
from helix.models.vocabulary import BoardLevel, RunStatus
from helix.policies.actor import Actor
from helix.services import runs, tasks
from helix.settings import Settings
from helix.web import session
from helix.web.blueprint import actor, signed_in_blueprint
from helix.web.forms import number
from helix.web.stream_limits import open_streams

blueprint = signed_in_blueprint("events")
BLUEPRINTS = (blueprint,)

PING_SECONDS = 15.0
# That a page was closed is noticed at the second ping after it: others at the same task should not wait long for it.
TASK_PING_SECONDS = 1.5
LOOK_AGAIN_SECONDS = 30.0
FOR_ADMINS = ("webhook",)
# After these the rights may be others than a moment ago; `reload` stands for any that were dropped. Where this process
# hears of changed rights by themselves (live.rights) it need not wait for one of them.
RIGHTS_CHANGE = ("board", "user", "settings", "reload")

_open = 0
_counting = threading.Lock()


@blueprint.get("/events")
def events() -> ResponseReturnValue:
    settings: Settings = current_app.config["HELIX"]
    here = session.visitor()
    if here is None:
        raise NotFound
    run_id = _visible_run(number(request.args, "run"))
    task = _visible_task(number(request.args, "task"))
    since = request.args.get("since", type=float)
    if not _come_in(settings.max_event_streams):
        return {"detail": "Too many pages are open at once. This one tries again by itself."}, 503, {"Retry-After": "5"}
    app = app_ctx.app
    # Nothing of the database may be held for as long as a page is open.
    db.session.remove()
    open_streams.processes = settings.web_processes
    stream = Stream(app, here, run_id, task)
    answer = Response(stream.lines(since), mimetype="text/event-stream")
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["X-Accel-Buffering"] = "no"
    answer.call_on_close(_go)
    return answer


def _visible_run(run_id: int | None) -> int | None:
    """The run, while it is under way and its task is seen."""
    if run_id is None:
        return None
    try:
        run = runs.get(actor(), run_id)
    except NotFound:
        return None
    return run.id if run.status in (RunStatus.QUEUED, RunStatus.RUNNING) else None


def _visible_task(task_id: int | None) -> tuple[int, int] | None:
    """(task id, board id) of the task that is open on the page, if it is seen."""
    try:
        task = tasks.get(actor(), task_id) if task_id else None
    except NotFound:
        return None
    return (task.id, task.board_id) if task else None


def _come_in(most: int) -> bool:
    global _open
    with _counting:
        if _open >= most:
            return False
        _open += 1
        answers.streams_open(_open)
        return True


def _go() -> None:
    global _open
    with _counting:
        _open -= 1
        answers.streams_open(_open)


class Stream:
    """One page's events, until the page closes, the session ends, or the process stops."""

    def __init__(self, app: Flask, here: session.Visitor, run_id: int | None, task: tuple[int, int] | None) -> None:
        self._app = app
        self._here = here
        self._actor = here.actor
        # As they were before the actor was read, or since: a change in between is seen.
        self._rights: live.rights.State | None = None
        self._makes_room = False
        self._listening: live.Subscription | None = None
        self._run_id = run_id
        self._task = task
        self._looked_at = time.monotonic()
        self._told = 0  # characters of the run's text
        self._page = secrets.token_hex(6)

    def lines(self, since: float | None) -> Iterator[str]:
        runs = frozenset({self._run_id} if self._run_id else ())
        with (
            live.listener().subscribed(runs=runs, since=since) as page,
            open_streams.one_more(self._here.session_id, self._actor.user_id, self.make_room),
            self._viewing(),
        ):
            self._listening = page
            yield ": hello\n\n"
            if self._run_id:
                yield from self._text_so_far(self._run_id)
            while not shutdown.is_stopping():
                event = page.next(min(PING_SECONDS, TASK_PING_SECONDS) if self._task else PING_SECONDS)
                if self._makes_room:
                    yield _line("rest", {})
                    return
                if shutdown.is_stopping() or not self._still_allowed(event):
                    return
                if event is None:
                    self._say_here()
                yield ": still here\n\n" if event is None else self._written(event)

    def make_room(self) -> None:
        """End soon: this browser or person has opened too many others since. Called by any thread."""
        self._makes_room = True
        if self._listening:
            self._listening.wake()

    @contextmanager
    def _viewing(self) -> Iterator[None]:
        """While the page is open, others who have the same task open see who else is there."""
        self._say_here()
        self._tell_the_others()
        try:
            yield
        finally:
            if self._task and (viewer := self._viewer()):
                live.viewing.gone(self._task[0], viewer, self._page)
            self._tell_the_others()

    def _viewer(self) -> live.viewing.Viewer | None:
        return live.viewing.Viewer(self._actor.user_id, self._actor.name) if self._actor.user_id else None

    def _say_here(self) -> None:
        if self._task and (viewer := self._viewer()):
            live.viewing.here(self._task[0], viewer, self._page)

    def _tell_the_others(self) -> None:
        if self._task and live.viewing.others(self._task[0], self._actor.user_id):
            live.publish("viewing", board_id=self._task[1], task_id=self._task[0])

    def _text_so_far(self, run_id: int) -> Iterator[str]:
        text = live.text_so_far(run_id)
        if text:
            self._told = len(text)
            yield _line("text", {"run_id": run_id, "text": text, "whole": True})

    def _written(self, event: live.Event) -> str:
        kind = event["kind"]
        if kind == "text":
            return self._piece(event)
        if not _concerns(self._actor, event):
            return ""
        told = {name: value for name, value in event.items() if name != "kind" and value is not None}
        # Everybody looks again when a board changes; whoever does not see it is not told which.
        return _line(kind, {} if kind == "board" and _hidden_board(self._actor, event.get("id")) else told)

    def _piece(self, event: live.Event) -> str:
        """What the page does not have yet; a run that began anew begins anew on the page, too."""
        if _hidden_board(self._actor, event.get("board_id")):
            return ""
        offset, text = event["offset"], event["text"]
        whole = offset == 0
        if not whole:
            text = text[max(0, self._told - offset) :]
        self._told = offset + len(event["text"])
        return _line("text", {"run_id": event["run_id"], "text": text, "whole": whole}) if text else ""

    def _still_allowed(self, event: live.Event | None) -> bool:
        """Read again who this is: as soon as anybody's rights changed, and now and then in any case."""
        state = live.rights.state()
        due = time.monotonic() - self._looked_at >= LOOK_AGAIN_SECONDS
        changed = state != self._rights or (event is not None and event["kind"] in RIGHTS_CHANGE)
        if not due and not changed:
            return True
        with self._app.app_context():
            try:
                # A change concerns all streams at once: what is remembered serves those of the same session.
                found = session.load(self._here.secret) if due else session.known(self._here.secret)
            finally:
                db.session.remove()
        if due:
            self._looked_at = time.monotonic()
        self._rights = state
        if found is None:
            return False
        self._actor = found.actor
        return True


def _concerns(actor: Actor, event: live.Event) -> bool:
    """What belongs to one person goes to that person; what hangs on a board, to those who see it."""
    if event.get("user_id") is not None and event["user_id"] != actor.user_id:
        return False
    if event["kind"] in FOR_ADMINS and not actor.is_admin:
        return False
    return not _hidden_board(actor, event.get("board_id"))


def _hidden_board(actor: Actor, board_id: int | None) -> bool:
    return board_id is not None and actor.level_on(board_id) < BoardLevel.VIEW


def _line(name: str, data: dict[str, Any]) -> str:
    return f"event: {name}\ndata: {json.dumps(data, separators=(',', ':'))}\n\n"
