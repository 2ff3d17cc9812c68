"""Renders a card of a board. The template only gets a `Card`."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime, tzinfo
from functools import lru_cache
from typing import Any, NamedTuple

from flask import Flask, current_app
from markupsafe import Markup

from helix import clock
from helix.models.vocabulary import RunStatus, TaskStatus
from helix.policies.moves import EXECUTABLE
from helix.web import formats
from helix.web.avatars import agent_picture
from helix.web.time_zones import due_zone

CLOSED = (TaskStatus.DONE, TaskStatus.CANCELLED)
INDENTATION = re.compile(r"\n\s+")

May = dict[str, bool]


class Card(NamedTuple):
    """All that the template of a card needs.

    `live` is `queued`, `running` or None. `said` is the failure, what the run waits for, or the feedback. `cut` means
    that the result was truncated. `needed` means that the viewer may approve it or send it back.
    `blocked`: it needs other tasks, as `said` says; `ready`: a run is queued by itself when they are there.
    `agent` is its id, name, status and the address of its picture.
    """

    id: int
    key: str
    version: int
    status: str
    position: str
    board_id: int
    title: str
    priority: str
    tags: tuple[str, ...]
    due_at: str | None
    due: str
    late: bool
    agent: tuple[int, str, str, str | None] | None
    person: tuple[int, str] | None
    live: str | None
    started_at: str | None
    attempt: int
    failed: bool
    needed: bool
    sent_back: bool
    closed: bool
    waits: bool
    blocked: bool
    ready: bool
    said: str | None
    cut: bool
    until: str | None
    ago: str
    comments: int
    attachments: int
    may_edit: bool
    may_execute: bool


def card_of(task: dict[str, Any], board_id: int, may: May, zone: tzinfo, now: datetime) -> Card:
    """Build a card from a task as the API returns it, plus its `feedback`. `zone` is the zone of due days."""
    status, due_at, agent, run = task["status"], task["due_date"], task["assigned_agent"], task["last_run"]
    when = formats.moment(due_at)
    live = run["status"] if run and RunStatus(run["status"]).is_live else None
    failed = bool(run) and run["status"] == RunStatus.FAILED and status in EXECUTABLE
    waiting = task["waiting"] if live and not failed else None
    until = waiting.get("until") if waiting else None
    # What runs goes on when a needed task is opened again, and the card says so.
    blocked = task.get("blocked_message") if not waiting and (live or status in EXECUTABLE) else None
    ready = bool(blocked and task["run_when_ready"] and not live)
    if failed:
        said = run["message"] or ""
    elif waiting:
        said = waiting["message"]
    elif blocked:
        said = blocked
    else:
        said = task.get("feedback") if status == TaskStatus.REJECTED else None
    return Card(
        id=task["id"],
        key=task["key"],
        version=task["version"],
        status=status,
        position=task["position"],
        board_id=board_id,
        title=task["title"],
        priority=task["priority"],
        tags=tuple(task["tags"]),
        due_at=due_at,
        due=formats.due(when, now, zone),
        late=formats.overdue(when, status, now),
        agent=(agent["id"], agent["name"], agent["status"], agent_picture(agent["id"])) if agent else None,
        person=(person["id"], person["name"]) if (person := task["assigned_user"]) else None,
        live=live,
        started_at=run["started_at"] if live else None,
        attempt=(run["attempt"] or 1) if live else 1,
        failed=failed,
        needed=status == TaskStatus.REVIEW and may["review"],
        sent_back=status == TaskStatus.REJECTED,
        closed=status in CLOSED,
        waits=waiting is not None or blocked is not None,
        blocked=blocked is not None,
        ready=ready,
        said=said,
        cut=bool(task.get("result_truncated")) and live is None and status not in EXECUTABLE,
        until=until,
        ago=formats.ago(until, now),
        comments=task["comment_count"],
        attachments=task["attachment_count"],
        may_edit=may["edit"],
        may_execute=bool(may["execute"] and agent and not live and status in EXECUTABLE and not ready),
    )


def register(app: Flask) -> None:
    """Add the template globals `cards_html(tasks, board_id, may_for)` and `card_html` for a single task."""

    app.jinja_env.globals.update(cards_html=cards_html, card_html=card_html)


@lru_cache(4096)
def rendered(card: Card) -> Markup:
    """The HTML of a card without the template's indentation.

    Cached, since a board has hundreds of cards and an event changes one of them: the value is all that the template
    gets. About 10 MB in each process.
    """
    html = current_app.jinja_env.get_template("tasks/_card.html").render(card=card)
    return Markup(INDENTATION.sub("\n", html))  # noqa: S704 - it escapes


def cards_html(tasks: Sequence[dict[str, Any]], board_id: int, may_for: Callable[[dict[str, Any]], May]) -> Markup:
    zone, now = due_zone(), clock.now()
    return Markup("").join(rendered(card_of(task, board_id, may_for(task), zone, now)) for task in tasks)


def card_html(task: dict[str, Any], board_id: int, may: May) -> Markup:
    return cards_html([task], board_id, lambda _task: may)
