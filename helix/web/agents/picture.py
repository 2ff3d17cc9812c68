"""The picture of an agent: uploading and removing it."""

from flask import request
from flask.typing import ResponseReturnValue

from helix.errors import Invalid
from helix.files.transfer import taking
from helix.services import agents, avatars
from helix.web import forms
from helix.web.admins import require_admin
from helix.web.blueprint import (
    actor,
    flash_toast,
    is_htmx_request,
    redirect_to,
    render_page,
    render_partial,
    signed_in_blueprint,
)

blueprint = signed_in_blueprint("agent_picture")
blueprint.before_request(taking({"upload": lambda: avatars.MAX_BYTES}, refuse_other_bodies=False))
BLUEPRINTS = (blueprint,)


@blueprint.get("/agents/<int:agent_id>/picture")
def choose(agent_id: int) -> ResponseReturnValue:
    require_admin()
    return _form(agent_id)


@blueprint.post("/agents/<int:agent_id>/picture")
def upload(agent_id: int) -> ResponseReturnValue:
    require_admin()
    picture = request.files.get("file")
    try:
        if picture is None or not picture.filename:
            raise Invalid.field("file", "Choose a picture first.")
        agent = agents.set_avatar(actor(), agent_id, picture.stream)
    except forms.FORM_ERRORS as error:
        return _form(agent_id, forms.error_messages(error, otherwise="file")["file"], 422)
    flash_toast(f"{agent.name} has a new picture.")
    return redirect_to(f"/agents/{agent_id}")


@blueprint.post("/agents/<int:agent_id>/picture/remove")
def remove(agent_id: int) -> ResponseReturnValue:
    agent = agents.remove_avatar(actor(), agent_id)
    flash_toast(f"The picture of {agent.name} was removed.")
    return redirect_to(f"/agents/{agent_id}")


def _form(agent_id: int, problem: str = "", status: int = 200) -> ResponseReturnValue:
    context = {"agent": agents.get(agent_id), "problem": problem}
    if is_htmx_request():
        return render_partial("agents/_picture.html", status, **context)
    return render_page("agents/picture.html", here="agents", status=status, **context)
