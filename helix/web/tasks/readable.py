"""Short addresses of tasks: /t/SEO-22, /t/22."""

from flask import redirect
from flask.typing import ResponseReturnValue

from helix.errors import NotFound
from helix.services.work import lookup
from helix.text import task_keys
from helix.web.blueprint import actor, signed_in_blueprint

blueprint = signed_in_blueprint("readable_tasks")
BLUEPRINTS = (blueprint,)


@blueprint.get("/t/<reference>")
def show(reference: str) -> ResponseReturnValue:
    """Redirect to the task's page. Any board key will do: the task may have moved since."""
    found = task_keys.parse(reference)
    if found is None:
        raise NotFound("There is no such task.")
    lookup.see(actor(), found[1])
    return redirect(f"/tasks/{found[1]}", 302)
