"""/dev/components: every UI component in all its states, for design work. Debug mode only."""

from typing import Any

from flask import Blueprint, Response, abort, render_template, request

from helix.models.vocabulary import TaskStatus
from helix.policies.moves import MOVES
from helix.web.boards.page import May
from helix.web.dev import data, reports, thread
from helix.web.tasks.panel import panel_flags

blueprint = Blueprint("dev", __name__, url_prefix="/dev")
BLUEPRINTS = (blueprint,)
ALL = {"edit": True, "execute": True, "review": True, "comment": True, "delete": True, "create": True, "manage": True}


def shell(**more: Any) -> dict[str, Any]:
    return {
        "viewer": data.VIEWER,
        "nav": data.navigation(),
        "org_name": "Helix Coffee",
        "here": "",
        "may": ALL,
        "data": data,
        "thread": thread,
        "reports": reports,
        **more,
    }


def panel(task_id: int, tab: str) -> dict[str, Any]:
    found = next((card for card in data.CARDS if card["id"] == task_id), None)
    if found is None:
        abort(404)
    done = (
        {"result_html": thread.RESULT, "result": "…", "last_run": thread.RUNS[0]} if found["status"] == "review" else {}
    )
    task = {**found, **done, "description_html": "Three variants of the ad for the autumn sale.", "run_count": 5}
    return {
        "task": task,
        "board": {"id": 2, "name": "Meta Ads"},
        "tab": tab,
        **panel_flags(task, ALL, tab),
        "comments": thread.COMMENTS,
        "runs": thread.RUNS,
        "activity": thread.ACTIVITY,
        "attachments": data.ATTACHMENTS,
        "agents": data.AGENTS,
        "moves": list(MOVES[TaskStatus(task["status"])]),
        "links": {"needs": [], "needs_hidden": 0, "needed_by": [], "needed_by_hidden": 0, "tree": []},
        "viewers": [{"id": 4, "name": "Omar Haddad"}],
        "full": False,
    }


@blueprint.get("/components")
def components() -> str:
    return render_template("dev/components.html", **shell(**panel(219, "thread")))


@blueprint.get("/board")
def board() -> str:
    """A full board; `?task=219&tab=runs` opens the panel of a card."""
    opened = request.args.get("task", type=int)
    more = panel(opened, request.args.get("tab", "thread")) if opened else {}
    return render_template(
        "dev/board.html",
        **shell(
            here="board-2",
            board_may=May(create=True, manage=True, administer=True),
            columns=data.columns(ALL),
            opened=opened,
            **more,
        ),
    )


@blueprint.get("/signed-out")
def signed_out() -> str:
    return render_template("dev/signed_out.html", org_name="Helix Coffee")


@blueprint.get("/empty")
def empty() -> str:
    return render_template("dev/empty.html", **shell(here="inbox"))


@blueprint.get("/dialog")
def dialog() -> Response:
    return Response(render_template("dev/dialog.html"))
