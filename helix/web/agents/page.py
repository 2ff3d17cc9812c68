"""One agent: overview, tasks, runs, skills, tools and instructions."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from flask import request
from flask.typing import ResponseReturnValue

from helix.models import Task, ToolSource
from helix.models.vocabulary import ActivationMode
from helix.policies import administration
from helix.policies.moves import OPEN, SETTLED
from helix.prompt.placeholders import NAMES
from helix.services import agents, boards, models, runs, skills, tools
from helix.services.paging import PageRequest
from helix.services.tasks import TaskFilter
from helix.services.work import waiting_reasons
from helix.web import edit_conflicts, paging
from helix.web.admins import require_admin
from helix.web.agents import chart as charts
from helix.web.blueprint import (
    actor,
    append_html,
    is_htmx_request,
    layout_context,
    render_page,
    render_partial,
    signed_in_blueprint,
)
from helix.web.forms import search_text
from helix.web.tasks.panel import with_state

blueprint = signed_in_blueprint("agent")
BLUEPRINTS = (blueprint,)
PAGE_SIZE = 20


@blueprint.get("/agents/<int:agent_id>")
def show(agent_id: int) -> ResponseReturnValue:
    """The tab `?tab=`; for htmx only the tab."""
    tab = request.args.get("tab", "")
    return render_agent(agent_id, tab if tab in TABS else "overview")


def render_agent(agent_id: int, tab: str, *more: str, status: int = 200, **context: Any) -> ResponseReturnValue:
    """Render the page with a tab, or for htmx the tab with `more` HTML. `context` overrides the tab's own values."""
    if not is_htmx_request():
        layout_context()  # loads rows into the session that are needed below
    row = agents.get(agent_id)
    agent = agents.cards(actor(), [row])[0]
    context = {"agent": agent, **_tabs(tab), **TABS[tab](agent), **rights(), **context}
    if is_htmx_request():
        return append_html(render_partial("agents/_body.html", status, **context), *more)
    return render_page("agents/page.html", here="agents", status=status, **context, **facts(agent))


@blueprint.get("/agents/<int:agent_id>/skills/size")
def skills_size(agent_id: int) -> ResponseReturnValue:
    """How much of the context window the skills take, with a warning when it is too much. Loaded by the tab."""
    require_admin()
    return render_partial("agents/_skills_size.html", size=runs.size_of_skills(agent_id))


@blueprint.get("/agents/<int:agent_id>/head")
def head(agent_id: int) -> ResponseReturnValue:
    return render_head(agent_id)


def render_head(agent_id: int, *more: str) -> ResponseReturnValue:
    agent = agents.cards(actor(), [agents.get(agent_id)])[0]
    return append_html(render_partial("agents/_head.html", agent=agent, **rights(), **facts(agent)), *more)


def rights() -> dict[str, Any]:
    return {"may_administer": administration.may_administer(actor())}


def facts(agent: dict[str, Any]) -> dict[str, Any]:
    """Department and primary board of the agent, and whether it lacks a usable model, for the page's head."""
    # The layout has loaded the boards already.
    frame = layout_context()
    board = frame.board(agent["primary_board_id"]) if agent["primary_board_id"] else None
    home = boards.get_department(agent["department_id"]) if agent["department_id"] else None
    lacks_model = agent["reason"] == agents.NO_USABLE_MODEL
    return {"department": home, "board": board, "lacks_model": lacks_model}


def _overview(agent: dict[str, Any]) -> dict[str, Any]:
    found = agents.stats_by_day(actor(), agent["id"])
    return {
        "stats": found,
        "chart": charts.run_chart(found["days"]),
        "tasks": _lines(agents.open_tasks(actor(), agent["id"], 6)),
    }


def _tasks(agent: dict[str, Any]) -> dict[str, Any]:
    past = request.args.get("show") == "past"
    task_filter = TaskFilter(
        agents=(agent["id"],), statuses=SETTLED if past else OPEN, archived=None if past else False
    )
    found = agents.tasks_of(actor(), agent["id"], task_filter, _slice())
    return {"past": past, "tasks": _lines(found.rows), "found": found, **paging.pager_context(found.total, PAGE_SIZE)}


def _lines(found: list[Task]) -> list[dict[str, Any]]:
    """Tasks with the reason why their last run waits."""
    live = [task.last_run for task in found if task.last_run and task.last_run.status.waits]
    waiting = waiting_reasons.reasons([run.id for run in live])
    return [{"row": task, "waiting": waiting.get(task.last_run.id) if task.last_run else None} for task in found]


def _runs(agent: dict[str, Any]) -> dict[str, Any]:
    found = agents.runs_of(actor(), agent["id"], _slice())
    return {
        "runs": [with_state(run) for run in runs.serialize(found.rows, actor().zone)],
        "titles": agents.task_titles(actor(), found.rows),
        "found": found,
        **paging.pager_context(found.total, PAGE_SIZE),
    }


def _skills(agent: dict[str, Any]) -> dict[str, Any]:
    if administration.may_administer(actor()):
        search = search_text(request.values, "skill")
        found, total = skills.choices_for(agent["id"], search)
        return {"choices": found, "total": total, "search": search, "problems": {}, "used": _used(found)}
    having = skills.of_agent(agent["id"])
    return {"skills": having, "used": _used(having)}


def _used(found: Sequence[dict[str, Any]]) -> dict[int, str]:
    """In which of the agent's runs each skill is used, in words, by skill id."""
    boards_seen = {board.id: board.name for board in layout_context().boards}
    return {
        id_: _used_words(one, boards_seen) for id_, one in skills.activations([skill["id"] for skill in found]).items()
    }


def _used_words(activation: skills.Activation, boards_seen: Mapping[int, str]) -> str:
    if activation.mode == ActivationMode.ALWAYS:
        return "In every run"
    if activation.mode == ActivationMode.TAG:
        return (
            f"Only with {_listed([f'#{tag}' for tag in activation.tags])}"
            if activation.tags
            else "Never: no tag chosen"
        )
    names = [boards_seen[board_id] for board_id in activation.board_ids if board_id in boards_seen]
    hidden = len(activation.board_ids) - len(names)
    if hidden:
        names.append(f"{hidden} other {'board' if hidden == 1 else 'boards'}")
    return f"Only on {_listed(names)}" if names else "Never: no board chosen"


def _listed(words: Sequence[str]) -> str:
    shown = [*words[:2], f"{len(words) - 2} more"] if len(words) > 3 else words
    return " and ".join(filter(None, (", ".join(shown[:-1]), shown[-1])))


def _tools(agent: dict[str, Any]) -> dict[str, Any]:
    found = tools.of_agent(agent["id"])
    reach = tools.reach(found)
    return {
        "groups": [
            {"source": source, "tools": list(members), "status": _source_status(source)}
            for source, members in groupby(found, lambda one: one.source)
        ],
        "reach": reach,
        "reach_words": _reach_words(reach),
        "limit_words": _limit_words,
        "supports_tools": models.supports_tools(agent["ai_model_id"]),
    }


def _source_status(source: ToolSource) -> tuple[str, str]:
    """What is to say about a source, and the tone of it: empty when all is well."""
    if not source.enabled:
        return "Switched off", "warn"
    return (f"Cannot be reached: {source.refresh_error}", "danger") if source.refresh_error else ("", "")


def _reach_words(reach: tools.Reach) -> list[str]:
    """What the agent does with its tools, as parts of a sentence."""
    words = {
        "reads private data": reach.reads_private,
        "reads what strangers wrote, on the web or in files": reach.brings_untrusted,
        "can send something out": reach.sends_out,
    }
    return [text for text, applies in words.items() if applies]


def _limit_words(limits: dict[str, Any]) -> str:
    words = []
    if limits.get("per_run"):
        words.append(f"at most {limits['per_run']} times a run")
    if limits.get("per_day"):
        words.append(f"at most {limits['per_day']} times a day")
    if limits.get("hosts"):
        words.append(f"only at {', '.join(limits['hosts'])}")
    return ", ".join(words).capitalize() + "." if words else ""


def _try(agent: dict[str, Any]) -> dict[str, Any]:
    return {"may_try": runs.trial.may_try(actor()), "typed": {"message": ""}, "problems": {}}


def _prompt(agent: dict[str, Any]) -> dict[str, Any]:
    found = agents.open_tasks(actor(), agent["id"], 50)
    return {
        "typed": agent,
        "problems": {},
        "seen": edit_conflicts.fingerprint({"system_prompt": agent["system_prompt"]}),
        "placeholders": NAMES,
        "preview_tasks": [(task.id, task.title) for task in found],
    }


def _slice() -> PageRequest:
    return PageRequest(PAGE_SIZE, paging.offset(PAGE_SIZE))


TABS = {
    "overview": _overview,
    "try": _try,
    "tasks": _tasks,
    "runs": _runs,
    "skills": _skills,
    "tools": _tools,
    "prompt": _prompt,
}
TAB_LABELS = {
    "overview": "Overview",
    "try": "Try it",
    "tasks": "Tasks",
    "runs": "Runs",
    "skills": "Skills",
    "tools": "Tools",
    "prompt": "Instructions",
}
# The tabs without forms, which an event may replace.
REFRESHED_TABS = ("overview", "tasks", "runs")


def _tabs(tab: str) -> dict[str, Any]:
    return {"tab": tab, "tab_labels": TAB_LABELS, "is_refreshed": tab in REFRESHED_TABS}
