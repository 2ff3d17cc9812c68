"""My tasks: what is assigned to the viewer, waits for the viewer's review, or was created by the viewer."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from flask import request
from flask.typing import ResponseReturnValue

from helix import clock
from helix.models.vocabulary import TaskStatus
from helix.policies.moves import EXECUTABLE, MOVES, OPEN
from helix.services import attention, tasks
from helix.services.tasks import TaskFilter
from helix.text import times
from helix.web import formats, paging
from helix.web.blueprint import actor, is_htmx_request, layout_context, render_page, render_partial, signed_in_blueprint

blueprint = signed_in_blueprint("my_tasks")
BLUEPRINTS = (blueprint,)
PAGE_SIZE = 50
MAX_REVIEWS = 200
# What each tab lists.
TABS = {"assigned": "Assigned to me", "waiting": "Waiting for me", "created": "Created by me"}


@blueprint.get("/my-tasks")
def show() -> ResponseReturnValue:
    """Three lists of open tasks by due date: `?show=assigned`, `waiting` or `created`."""
    context = _context()
    if is_htmx_request():
        return render_partial("tasks/_mine.html", **context)
    return render_page("tasks/mine.html", here="my-tasks", **context)


def _context() -> dict[str, Any]:
    tab = request.args.get("show", "")
    tab = tab if tab in TABS else "assigned"
    reviews = attention.review_ids(actor(), limit=MAX_REVIEWS)
    waiting = tab == "waiting"
    found, total = (tasks.serialize_by_ids(actor(), reviews), len(reviews)) if waiting else _listed(tab)
    counts = {"waiting": len(reviews), tab: total}
    for other in TABS.keys() - counts.keys():
        counts[other] = tasks.listed(actor(), _filter(other), limit=1)[1]
    boards = {board.id: board.name for board in layout_context().boards}
    return {
        "tab": tab,
        "tabs": [(name, label, counts[name]) for name, label in TABS.items()],
        "groups": _by_due(found),
        "board_names": boards,
        "me": actor().user_id,
        "moves": MOVES,
        "executable": EXECUTABLE,
        "statuses": [status for status in TaskStatus if status != TaskStatus.REJECTED],  # that is "Send back"
        **paging.pager_context(total, MAX_REVIEWS if waiting else PAGE_SIZE),
    }


def _filter(tab: str) -> TaskFilter:
    me, open_tasks = actor().user_id or 0, TaskFilter(statuses=tuple(OPEN), sort="due_date")
    return replace(open_tasks, people=(me,)) if tab == "assigned" else replace(open_tasks, creators=(me,))


def _listed(tab: str) -> tuple[list[dict[str, Any]], int]:
    return tasks.listed(actor(), _filter(tab), limit=PAGE_SIZE, offset=paging.offset(PAGE_SIZE))


def _by_due(found: list[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    """The tasks under headings, in their order."""
    now, zone = clock.now(), actor().zone
    today = times.end_of_day(times.today(now, zone), zone)
    groups: list[tuple[str, list[dict[str, Any]]]] = []
    for task in found:
        heading = _heading(formats.moment(task["due_date"]), task["status"], now, today)
        if not groups or groups[-1][0] != heading:
            groups.append((heading, []))
        groups[-1][1].append(task)
    return groups


def _heading(due: datetime | None, status: TaskStatus, now: datetime, today: datetime) -> str:
    if due is None:
        return "No due date"
    if formats.overdue(due, status, now):
        return "Overdue"
    if due <= today:
        return "Today"
    return "Next 7 days" if due <= today + timedelta(days=7) else "Later"
