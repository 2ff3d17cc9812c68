"""One agent: how it does, what it works on, its runs, skills and instructions."""

from typing import Any

from flask import request
from flask.typing import ResponseReturnValue

from helix.models import Task
from helix.models.vocabulary import RunStatus
from helix.policies import administration
from helix.policies.moves import OPEN, SETTLED
from helix.prompt.placeholders import NAMES
from helix.services import agents, boards, runs, skills
from helix.services.paging import PageRequest
from helix.services.tasks import TaskFilter
from helix.services.work import waiting_reasons
from helix.web import paging, stale
from helix.web.admins import admins_only
from helix.web.agents import chart as charts
from helix.web.blueprint import actor, around, by_htmx, page, part, signed_in_blueprint
from helix.web.form_values import with_more
from helix.web.forms import sought

blueprint = signed_in_blueprint("agent")
BLUEPRINTS = (blueprint,)
AT_ONCE = 20


@blueprint.get("/agents/<int:agent_id>")
def show(agent_id: int) -> ResponseReturnValue:
    """`?tab=` names what is shown; htmx is given that part alone."""
    tab = request.args.get("tab", "")
    return shown(agent_id, tab if tab in TABS else "overview")


def shown(agent_id: int, tab: str, *more: str, status: int = 200, **context: Any) -> ResponseReturnValue:
    """The page with this tab; for htmx the tab alone, with toasts behind it. `context` replaces what the tab reads."""
    if not by_htmx():
        around()  # first, so that what it reads need not be read again
    row = agents.get(agent_id)
    agent = agents.cards(actor(), [row])[0]
    context = {"agent": agent, "tab": tab, **TABS[tab](agent), **rights(), **context}
    if by_htmx():
        return with_more(part("agents/_body.html", status, **context), *more)
    return page("agents/page.html", here="agents", status=status, **context, **facts(agent))


@blueprint.get("/agents/<int:agent_id>/skills/size")
def skills_size(agent_id: int) -> ResponseReturnValue:
    """How much of the model's window the skills take, and a warning where that is too much. Asked for by the tab."""
    admins_only()
    return part("agents/_skills_size.html", size=runs.size_of_skills(agent_id))


@blueprint.get("/agents/<int:agent_id>/head")
def head(agent_id: int) -> ResponseReturnValue:
    return shown_head(agent_id)


def shown_head(agent_id: int, *more: str) -> ResponseReturnValue:
    agent = agents.cards(actor(), [agents.get(agent_id)])[0]
    return with_more(part("agents/_head.html", agent=agent, **rights(), **facts(agent)), *more)


def rights() -> dict[str, Any]:
    return {"may_administer": administration.may_administer(actor())}


def facts(agent: dict[str, Any]) -> dict[str, Any]:
    """What the head says of an agent beyond its own fields."""
    # The frame of the page has read boards and their departments already.
    frame = around()
    board = frame.board(agent["primary_board_id"]) if agent["primary_board_id"] else None
    home = boards.get_department(agent["department_id"]) if agent["department_id"] else None
    return {"department": home, "board": board}


def _overview(agent: dict[str, Any]) -> dict[str, Any]:
    found = agents.stats_by_day(actor(), agent["id"])
    return {
        "stats": found,
        "chart": charts.days(found["days"]),
        "tasks": _lines(agents.open_tasks(actor(), agent["id"], 6)),
    }


def _tasks(agent: dict[str, Any]) -> dict[str, Any]:
    past = request.args.get("show") == "past"
    wanted = TaskFilter(
        assigned_agent_id=agent["id"], statuses=SETTLED if past else OPEN, archived=None if past else False
    )
    found = agents.tasks_of(actor(), agent["id"], wanted, _slice())
    return {"past": past, "tasks": _lines(found.rows), "found": found, **paging.turned(found.total, AT_ONCE)}


def _lines(found: list[Task]) -> list[dict[str, Any]]:
    """Tasks as lines, with the run that came last and why it waits."""
    live = [task.last_run for task in found if task.last_run and task.last_run.status == RunStatus.QUEUED]
    waiting = waiting_reasons.reasons([run.id for run in live])
    return [{"row": task, "waiting": waiting.get(task.last_run.id) if task.last_run else None} for task in found]


def _runs(agent: dict[str, Any]) -> dict[str, Any]:
    found = agents.runs_of(actor(), agent["id"], _slice())
    return {
        "runs": runs.shown(found.rows, actor().zone),
        "titles": agents.task_titles(actor(), found.rows),
        "found": found,
        **paging.turned(found.total, AT_ONCE),
    }


def _skills(agent: dict[str, Any]) -> dict[str, Any]:
    if administration.may_administer(actor()):
        search = sought(request.values, "skill")
        found, total = skills.choices_for(agent["id"], search)
        return {"choices": found, "total": total, "search": search, "problems": {}}
    return {"skills": skills.of_agent(agent["id"])}


def _prompt(agent: dict[str, Any]) -> dict[str, Any]:
    found = agents.open_tasks(actor(), agent["id"], 50)
    return {
        "typed": agent,
        "problems": {},
        "seen": stale.mark({"system_prompt": agent["system_prompt"]}),
        "placeholders": NAMES,
        "preview_tasks": [(task.id, task.title) for task in found],
    }


def _slice() -> PageRequest:
    return PageRequest(AT_ONCE, paging.offset(AT_ONCE))


TABS = {"overview": _overview, "tasks": _tasks, "runs": _runs, "skills": _skills, "prompt": _prompt}
