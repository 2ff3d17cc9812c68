"""New agents from the templates that the set-up offers as well."""

from flask import flash, request
from flask.typing import ResponseReturnValue

from helix.demo import templates
from helix.web import forms
from helix.web.admins import require_admin
from helix.web.blueprint import actor, is_htmx_request, redirect_to, render_page, render_partial, signed_in_blueprint

blueprint = signed_in_blueprint("agent_templates")
blueprint.before_request(require_admin)
BLUEPRINTS = (blueprint,)


@blueprint.get("/agents/templates")
def choose() -> ResponseReturnValue:
    return _form()


@blueprint.post("/agents/templates")
def add() -> ResponseReturnValue:
    chosen = set(request.form.getlist("chosen"))
    if not chosen:
        return _form({"chosen": "Choose at least one agent."}, 422)
    try:
        count = templates.add_agents(actor(), chosen)
    except forms.FORM_ERRORS as error:
        return _form(forms.error_messages(error, otherwise="chosen"), 422)
    flash(f"Added {count} {'agent' if count == 1 else 'agents'}.", "ok")
    return redirect_to("/agents")


def _form(problems: forms.FieldErrors | None = None, status: int = 200) -> ResponseReturnValue:
    """A dialog for htmx, a page without JavaScript."""
    context = {"choices": templates.agent_choices(), "problems": problems or {}}
    if is_htmx_request():
        return render_partial("agents/_templates.html", status, **context)
    return render_page("agents/templates.html", here="agents", status=status, **context)
