"""What is done to an agent on its page."""

from flask import request
from flask.typing import ResponseReturnValue

from helix.errors import Conflict, Invalid, Unavailable
from helix.models import Agent
from helix.models.vocabulary import ExecutionMode
from helix.schemas.agent import NULLABLE, AgentPatch
from helix.services import agents, runs, skills
from helix.services.conflicts import StaleEdit
from helix.web import form_values, stale
from helix.web.admins import admins_only
from helix.web.agents.form import FIELDS, WORDS, choices, meanwhile, present
from helix.web.agents.page import shown, shown_head
from helix.web.blueprint import actor, by_htmx, page, part, see, signed_in_blueprint, toast
from helix.web.form_keys import repeatable
from helix.web.forms import chosen, ids

blueprint = signed_in_blueprint("agent_deeds")
BLUEPRINTS = (blueprint,)


def _done(agent_id: int, *toasts: str) -> ResponseReturnValue:
    return shown_head(agent_id, *toasts) if by_htmx() else see(f"/agents/{agent_id}")


@blueprint.post("/agents/<int:agent_id>/enabled")
def enable(agent_id: int) -> ResponseReturnValue:
    """Pausing lets a run that is under way end; nothing new starts."""
    enabled = request.form.get("enabled") == "1"
    agent = agents.edit(actor(), agent_id, {"enabled": enabled})
    if enabled:
        return _done(agent_id, toast(f"{agent.name} is back at work."))
    return _done(agent_id, toast(f"{agent.name} is paused. What it is working on now is finished first."))


@blueprint.post("/agents/<int:agent_id>/mode")
def set_mode(agent_id: int) -> ResponseReturnValue:
    mode = chosen(ExecutionMode, "execution_mode", request.form.get("execution_mode", ""))
    agent = agents.edit(actor(), agent_id, {"execution_mode": mode})
    words = {
        ExecutionMode.AUTO: f"{agent.name} now starts its tasks by itself, those that wait included.",
        ExecutionMode.MANUAL: f"{agent.name} now waits until somebody says so.",
    }
    return _done(agent_id, toast(words[mode]))


@blueprint.post("/agents/<int:agent_id>/watch")
def watch(agent_id: int) -> ResponseReturnValue:
    agents.watch(actor(), agent_id, request.form.get("watching") == "1")
    return _done(agent_id)


@blueprint.post("/agents/<int:agent_id>/lift-budget")
def lift_budget(agent_id: int) -> ResponseReturnValue:
    agent = agents.lift_budget(actor(), agent_id)
    return _done(agent_id, toast(f"{agent.name} may go on until the month ends."))


@blueprint.get("/agents/<int:agent_id>/edit")
def form(agent_id: int) -> ResponseReturnValue:
    admins_only()
    return _form(agent_id, present(agents.get(agent_id)))


@blueprint.post("/agents/<int:agent_id>/edit")
def edit(agent_id: int) -> ResponseReturnValue:
    typed = form_values.typed(*FIELDS)
    try:
        really = form_values.changed(typed, present(agents.get(agent_id)))
        sent = AgentPatch.model_validate(form_values.values(really, nullable=NULLABLE))
        agent = agents.edit(actor(), agent_id, sent.sent(), is_unchanged=stale.still(present))
    except StaleEdit:
        return _form(agent_id, typed, status=422, overtaken=True)
    except form_values.REFUSALS as error:
        problems = form_values.problems(error, words=WORDS, otherwise="name")
        return _form(agent_id, typed, problems, 422, seen=request.form.get(stale.FIELD))
    # The name stands in the title and the way there too: the page is told to look again.
    return see(f"/agents/{agent.id}")


def _form(
    agent_id: int,
    typed: dict[str, str],
    problems: form_values.Problems | None = None,
    status: int = 200,
    *,
    seen: str | None = None,
    overtaken: bool = False,
) -> ResponseReturnValue:
    """`overtaken`: somebody else saved meanwhile. `seen`: the mark of what the form showed first, where that stays."""
    agent, offered = agents.get(agent_id), choices()
    now = present(agent)
    context = {
        "agent": agent,
        "typed": typed,
        "problems": problems or {},
        "new": False,
        "seen": seen or stale.mark(now),
        "meanwhile": meanwhile(agent_id, now, typed, offered) if overtaken else None,
        **offered,
    }
    if by_htmx():
        return part("agents/_edit.html", status, **context)
    return page(
        "agents/form.html",
        here="agents",
        status=status,
        title=f"Edit {agent.name}",
        action=f"/agents/{agent_id}/edit",
        **context,
    )


@blueprint.post("/agents/<int:agent_id>/prompt")
def write_prompt(agent_id: int) -> ResponseReturnValue:
    typed = form_values.typed("system_prompt")
    try:
        really = form_values.changed(typed, _prompt_of(agents.get(agent_id)), texts=typed)
        sent = AgentPatch.model_validate(really)
        agents.edit(actor(), agent_id, sent.sent(), is_unchanged=stale.still(_prompt_of))
    except StaleEdit as error:
        back = f"/agents/{agent_id}?tab=prompt"
        meanwhile = stale.meanwhile("agent", {}, error.present, typed, text="system_prompt", back=back)
        return shown(agent_id, "prompt", status=422, typed=typed, meanwhile=meanwhile)
    except form_values.REFUSALS as error:
        problems = form_values.problems(error, words=WORDS, otherwise="system_prompt")
        seen = request.form.get(stale.FIELD, "")
        return shown(agent_id, "prompt", status=422, typed=typed, problems=problems, seen=seen)
    if by_htmx():
        return shown(agent_id, "prompt", toast("Saved. The next run uses it."))
    return see(f"/agents/{agent_id}?tab=prompt")


def _prompt_of(agent: Agent) -> dict[str, str]:
    return {"system_prompt": agent.system_prompt}


@blueprint.post("/agents/<int:agent_id>/preview")
@repeatable
def preview(agent_id: int) -> ResponseReturnValue:
    """What a run of one of its tasks would be sent. Composed by a worker, since only that can count tokens."""
    agents.get(agent_id)
    try:
        task_id = ids(request.form.get("task_id", ""), "task_id") or 0
        context = {"preview": runs.preview(actor(), task_id), "problem": None}
    except (Conflict, Unavailable, Invalid) as error:
        context = {"preview": None, "problem": error.message}
    if by_htmx():
        return part("agents/_preview.html", **context)
    return page("agents/preview.html", here="agents", agent=agents.get(agent_id), **context)


@blueprint.post("/agents/<int:agent_id>/skills")
def assign_skills(agent_id: int) -> ResponseReturnValue:
    """Of the skills that were listed, its own are exactly the ticked ones; all others stay as they are.

    Those for all agents cannot be unticked, and so are not among the listed ones.
    """
    try:
        listed, ticked = _ids("listed"), _ids("skill_ids")
        skills.update_selection(actor(), agent_id, listed, ticked)
    except Invalid as error:
        return shown(agent_id, "skills", status=422, problems=form_values.problems(error))
    if by_htmx():
        return shown(agent_id, "skills", toast("Saved. The next run has these skills."))
    return see(f"/agents/{agent_id}?tab=skills")


def _ids(name: str) -> set[int]:
    return {found for text in request.form.getlist(name) if (found := ids(text, name))}


@blueprint.get("/agents/<int:agent_id>/delete")
def ask(agent_id: int) -> ResponseReturnValue:
    """What deleting it does, before it is done."""
    admins_only()
    agent = agents.cards(actor(), [agents.get(agent_id)])[0]
    if by_htmx():
        return part("agents/_delete.html", agent=agent)
    return page("agents/delete.html", here="agents", agent=agent)


@blueprint.post("/agents/<int:agent_id>/delete")
def delete(agent_id: int) -> ResponseReturnValue:
    agents.delete(actor(), agent_id)
    return see("/agents")
