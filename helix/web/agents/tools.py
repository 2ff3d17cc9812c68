"""The tools of an agent: the tab, and what an admin grants there."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import request
from flask.typing import ResponseReturnValue
from pydantic import ValidationError

from helix.errors import Conflict, Invalid, Unavailable
from helix.models.vocabulary import ToolPolicy
from helix.schemas.tool import LimitsIn
from helix.services import agents, models, tools
from helix.web.admins import require_admin
from helix.web.agents.page import render_agent
from helix.web.blueprint import actor, is_htmx_request, redirect_to, render_toast, signed_in_blueprint
from helix.web.forms import field_errors, parse_choice

blueprint = signed_in_blueprint("agent_tools")
BLUEPRINTS = (blueprint,)
LABELS = {"per_run": "Calls in a run", "per_day": "Calls a day", "hosts": "Hosts"}


@blueprint.post("/agents/<int:agent_id>/tools")
def grant(agent_id: int) -> ResponseReturnValue:
    """Set the policy of the tools that are named, or with `revoke` end the standing permission for one."""
    names = request.form.getlist("tool")
    try:
        if not names:
            raise Invalid.field("tool", "Choose at least one tool first.")
        if request.form.get("revoke") == "1":
            wanted = [tools.Grant(name, always=False, sets_policy=False) for name in names]
        else:
            policy = parse_choice(ToolPolicy, "policy", request.form.get("policy", ""))
            wanted = [tools.Grant(name, policy) for name in names]
        tools.set_grants(actor(), agent_id, wanted)
    except Invalid as error:
        return render_agent(agent_id, "tools", status=422, problem=str(error))
    return _done(agent_id, _said(agents.get(agent_id).name, wanted))


@blueprint.post("/agents/<int:agent_id>/tools/limits")
def limit(agent_id: int) -> ResponseReturnValue:
    """Set how often one tool may be called and where it may send to, and whether the model is always told of it."""
    name = request.form.get("tool", "")
    typed = {field: request.form.get(field, "").strip() for field in LABELS}
    try:
        wanted = tools.Grant(
            name,
            limits=_limits(typed),
            always_offered=request.form.get("always_offered") == "1",
            sets_policy=False,
        )
        tools.set_grants(actor(), agent_id, [wanted])
    except Invalid as error:
        return render_agent(agent_id, "tools", status=422, refused={"tool": name, "problem": str(error), **typed})
    return _done(agent_id, f"The limits of {name} are saved.")


@blueprint.post("/agents/<int:agent_id>/tools/test-model")
def test_model(agent_id: int) -> ResponseReturnValue:
    """Have a worker test the agent's model: whether it answers, and whether it can call tools."""
    require_admin()
    model_id = agents.get(agent_id).ai_model_id
    model = models.get(actor(), model_id) if model_id else models.default_model()
    if model is None:
        raise Conflict("There is no model yet. Add one first.")
    name = model.display_name
    try:
        outcome = models.test(actor(), model.id)
    except Unavailable as error:
        return render_agent(agent_id, "tools", problem=error.message)
    if not outcome["success"]:
        return render_agent(agent_id, "tools", problem=f"{name}: {outcome['message']}")
    return _done(agent_id, f"{name} answers.")


def _limits(typed: Mapping[str, str]) -> dict[str, Any]:
    """The limits that were typed. Raises Invalid with a sentence for each that is wrong."""
    sent: dict[str, Any] = {field: typed[field] or None for field in ("per_run", "per_day")}
    sent["hosts"] = typed["hosts"].replace(",", " ").split()
    try:
        return LimitsIn.model_validate(sent, strict=False).model_dump()
    except ValidationError as error:
        raise Invalid(
            [
                {"loc": [name], "msg": f"{LABELS[name]}: {message}", "type": "value_error"}
                for name, message in field_errors(error).items()
            ]
        ) from None


def _done(agent_id: int, words: str) -> ResponseReturnValue:
    if is_htmx_request():
        return render_agent(agent_id, "tools", render_toast(words))
    return redirect_to(f"/agents/{agent_id}?tab=tools")


def _said(agent: str, wanted: Sequence[tools.Grant]) -> str:
    names = wanted[0].tool if len(wanted) == 1 else f"{len(wanted)} tools"
    first = wanted[0]
    if not first.sets_policy:
        return f"{agent} asks again before it uses {names}."
    words: Mapping[Any, str] = {
        ToolPolicy.OFF: f"{agent} does not use {names} any more.",
        ToolPolicy.ASK: f"{agent} asks before it uses {names}.",
        ToolPolicy.ALLOW: f"{agent} uses {names} by itself.",
    }
    return words[first.policy]
