"""Actions on an agent: pause, mode, watch, edit, instructions, skills, delete."""

from flask import request
from flask.typing import ResponseReturnValue

from helix.errors import Conflict, Invalid, Unavailable
from helix.models import Agent
from helix.models.vocabulary import ExecutionMode
from helix.schemas.agent import NULLABLE, AgentPatch
from helix.services import agents, runs, skills
from helix.services.conflicts import StaleEdit
from helix.web import edit_conflicts, forms
from helix.web.admins import require_admin
from helix.web.agents.form import FIELDS, MESSAGES, choices, conflict_context, current_values
from helix.web.agents.page import render_agent, render_head
from helix.web.blueprint import (
    actor,
    flash_toast,
    is_htmx_request,
    redirect_to,
    render_page,
    render_partial,
    render_toast,
    signed_in_blueprint,
)
from helix.web.form_keys import repeatable
from helix.web.forms import parse_choice, parse_id

blueprint = signed_in_blueprint("agent_actions")
BLUEPRINTS = (blueprint,)


def _done(agent_id: int, *toasts: str) -> ResponseReturnValue:
    return render_head(agent_id, *toasts) if is_htmx_request() else redirect_to(f"/agents/{agent_id}")


@blueprint.post("/agents/<int:agent_id>/enabled")
def enable(agent_id: int) -> ResponseReturnValue:
    """Pause or resume the agent. A running run finishes; no new one starts."""
    enabled = request.form.get("enabled") == "1"
    agent = agents.edit(actor(), agent_id, {"enabled": enabled})
    if enabled:
        return _done(agent_id, render_toast(f"{agent.name} is running again."))
    return _done(agent_id, render_toast(f"{agent.name} is paused. Its current run will be finished."))


@blueprint.post("/agents/<int:agent_id>/mode")
def set_mode(agent_id: int) -> ResponseReturnValue:
    mode = parse_choice(ExecutionMode, "execution_mode", request.form.get("execution_mode", ""))
    agent = agents.edit(actor(), agent_id, {"execution_mode": mode})
    words = {
        ExecutionMode.AUTO: f"{agent.name} now starts its tasks automatically, including the waiting ones.",
        ExecutionMode.MANUAL: f"{agent.name} now starts tasks only when told to.",
    }
    return _done(agent_id, render_toast(words[mode]))


@blueprint.post("/agents/<int:agent_id>/watch")
def watch(agent_id: int) -> ResponseReturnValue:
    agents.watch(actor(), agent_id, request.form.get("watching") == "1")
    return _done(agent_id)


@blueprint.post("/agents/<int:agent_id>/lift-budget")
def lift_budget(agent_id: int) -> ResponseReturnValue:
    agent = agents.lift_budget(actor(), agent_id)
    return _done(agent_id, render_toast(f"{agent.name} can continue until the end of the month."))


@blueprint.get("/agents/<int:agent_id>/edit")
def form(agent_id: int) -> ResponseReturnValue:
    require_admin()
    return _form(agent_id, current_values(agents.get(agent_id)))


@blueprint.post("/agents/<int:agent_id>/edit")
def edit(agent_id: int) -> ResponseReturnValue:
    typed = forms.posted_fields(*FIELDS)
    try:
        changed = forms.changed_fields(typed, current_values(agents.get(agent_id)))
        sent = AgentPatch.model_validate(forms.empty_to_none(changed, nullable=NULLABLE))
        agent = agents.edit(actor(), agent_id, sent.sent(), is_unchanged=edit_conflicts.if_unmodified(current_values))
    except StaleEdit:
        return _form(agent_id, typed, status=422, overtaken=True)
    except forms.FORM_ERRORS as error:
        problems = forms.error_messages(error, words=MESSAGES, otherwise="name")
        return _form(agent_id, typed, problems, 422, seen=request.form.get(edit_conflicts.FIELD))
    # Reload the page, because title and breadcrumbs show the name too.
    return redirect_to(f"/agents/{agent.id}")


def _form(
    agent_id: int,
    typed: dict[str, str],
    problems: forms.FieldErrors | None = None,
    status: int = 200,
    *,
    seen: str | None = None,
    overtaken: bool = False,
) -> ResponseReturnValue:
    """Render the form. `overtaken`: show an edit conflict. `seen`: the fingerprint to keep from the first rendering."""
    agent, offered = agents.get(agent_id), choices()
    now = current_values(agent)
    context = {
        "agent": agent,
        "typed": typed,
        "problems": problems or {},
        "new": False,
        "seen": seen or edit_conflicts.fingerprint(now),
        "conflict": conflict_context(agent_id, now, typed, offered) if overtaken else None,
        **offered,
    }
    if is_htmx_request():
        return render_partial("agents/_edit.html", status, **context)
    return render_page(
        "agents/form.html",
        here="agents",
        status=status,
        title=f"Edit {agent.name}",
        action=f"/agents/{agent_id}/edit",
        **context,
    )


@blueprint.post("/agents/<int:agent_id>/prompt")
def write_prompt(agent_id: int) -> ResponseReturnValue:
    typed = forms.posted_fields("system_prompt")
    try:
        changed = forms.changed_fields(typed, _prompt_of(agents.get(agent_id)), texts=typed)
        sent = AgentPatch.model_validate(changed)
        agents.edit(actor(), agent_id, sent.sent(), is_unchanged=edit_conflicts.if_unmodified(_prompt_of))
    except StaleEdit as error:
        back = f"/agents/{agent_id}?tab=prompt"
        conflict = edit_conflicts.conflict_context("agent", {}, error.present, typed, text="system_prompt", back=back)
        return render_agent(agent_id, "prompt", status=422, typed=typed, conflict=conflict)
    except forms.FORM_ERRORS as error:
        problems = forms.error_messages(error, words=MESSAGES, otherwise="system_prompt")
        seen = request.form.get(edit_conflicts.FIELD, "")
        return render_agent(agent_id, "prompt", status=422, typed=typed, problems=problems, seen=seen)
    if is_htmx_request():
        return render_agent(agent_id, "prompt", render_toast("Saved. The next run uses it."))
    return redirect_to(f"/agents/{agent_id}?tab=prompt")


def _prompt_of(agent: Agent) -> dict[str, str]:
    return {"system_prompt": agent.system_prompt}


@blueprint.post("/agents/<int:agent_id>/preview")
@repeatable
def preview(agent_id: int) -> ResponseReturnValue:
    """Preview the prompt of a run. A worker composes it, because only workers load the tokenizer."""
    agents.get(agent_id)
    try:
        task_id = parse_id(request.form.get("task_id", ""), "task_id") or 0
        context = {"preview": runs.preview(actor(), task_id), "problem": None}
    except (Conflict, Unavailable, Invalid) as error:
        context = {"preview": None, "problem": error.message}
    if is_htmx_request():
        return render_partial("agents/_preview.html", **context)
    return render_page("agents/preview.html", here="agents", agent=agents.get(agent_id), **context)


@blueprint.post("/agents/<int:agent_id>/skills")
def assign_skills(agent_id: int) -> ResponseReturnValue:
    """Of the listed skills, assign exactly the ticked ones; skills that were not listed stay unchanged.

    Skills for all agents cannot be unticked and are not listed.
    """
    try:
        listed, ticked = _ids("listed"), _ids("skill_ids")
        skills.update_selection(actor(), agent_id, listed, ticked)
    except Invalid as error:
        return render_agent(agent_id, "skills", status=422, problems=forms.error_messages(error))
    if is_htmx_request():
        return render_agent(agent_id, "skills", render_toast("Saved. The next run has these skills."))
    return redirect_to(f"/agents/{agent_id}?tab=skills")


def _ids(name: str) -> set[int]:
    return {found for text in request.form.getlist(name) if (found := parse_id(text, name))}


@blueprint.get("/agents/<int:agent_id>/delete")
def ask(agent_id: int) -> ResponseReturnValue:
    """Ask for confirmation and show the consequences."""
    require_admin()
    agent = agents.cards(actor(), [agents.get(agent_id)])[0]
    if is_htmx_request():
        return render_partial("agents/_delete.html", agent=agent)
    return render_page("agents/delete.html", here="agents", agent=agent)


@blueprint.post("/agents/<int:agent_id>/delete")
def delete(agent_id: int) -> ResponseReturnValue:
    name = agents.get(agent_id).name
    agents.delete(actor(), agent_id)
    undo = {"url": f"/agents/{agent_id}/restore", "label": "Undo", "values": {}}
    flash_toast(f"Deleted {name}.", kind="action", undo=undo)
    return redirect_to("/agents")


@blueprint.post("/agents/<int:agent_id>/restore")
def restore(agent_id: int) -> ResponseReturnValue:
    """Undo of the deletion, for some minutes."""
    agent = agents.restore(actor(), agent_id)
    flash_toast(f"{agent.name} is back, with its tasks.")
    return redirect_to(f"/agents/{agent_id}")
