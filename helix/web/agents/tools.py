"""The tools of an agent: the tab, and what an admin grants there."""

from collections.abc import Mapping
from typing import Any

from flask import request
from flask.typing import ResponseReturnValue

from helix.errors import Invalid
from helix.models.vocabulary import ToolPolicy
from helix.services import agents, tools
from helix.web.agents.page import render_agent
from helix.web.blueprint import actor, is_htmx_request, redirect_to, render_toast, signed_in_blueprint
from helix.web.forms import parse_choice

blueprint = signed_in_blueprint("agent_tools")
BLUEPRINTS = (blueprint,)


@blueprint.post("/agents/<int:agent_id>/tools")
def grant(agent_id: int) -> ResponseReturnValue:
    """Set the policy of one tool, or with `revoke` end the standing permission for it."""
    name = request.form.get("tool", "")
    try:
        if request.form.get("revoke") == "1":
            wanted = tools.Grant(name, always=False, sets_policy=False)
        else:
            wanted = tools.Grant(name, parse_choice(ToolPolicy, "policy", request.form.get("policy", "")))
        tools.set_grants(actor(), agent_id, [wanted])
    except Invalid as error:
        return render_agent(agent_id, "tools", status=422, problem=str(error))
    if is_htmx_request():
        return render_agent(agent_id, "tools", render_toast(_said(agents.get(agent_id).name, wanted)))
    return redirect_to(f"/agents/{agent_id}?tab=tools")


def _said(agent: str, wanted: tools.Grant) -> str:
    if not wanted.sets_policy:
        return f"{agent} asks again before it uses {wanted.tool}."
    words: Mapping[Any, str] = {
        ToolPolicy.OFF: f"{agent} does not use {wanted.tool} any more.",
        ToolPolicy.ASK: f"{agent} asks before it uses {wanted.tool}.",
        ToolPolicy.ALLOW: f"{agent} uses {wanted.tool} by itself.",
    }
    return words[wanted.policy]
