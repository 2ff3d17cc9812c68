"""The list of departments and boards."""

from typing import Any

from flask.typing import ResponseReturnValue

from helix.services import boards
from helix.web.blueprint import actor, around, page, signed_in_blueprint

blueprint = signed_in_blueprint("boards")
BLUEPRINTS = (blueprint,)


@blueprint.get("/boards")
def index() -> ResponseReturnValue:
    return page("boards/index.html", here="boards", departments=_departments(), actor=actor())


def _departments() -> list[dict[str, Any]]:
    """Those with boards that are seen; for admins the empty ones, too, since they fill them."""
    seen = {department["id"]: department for department in around().departments()}
    found = boards.serialize_departments(actor(), boards.departments())
    return [
        {**department, "boards": seen.get(department["id"], {"boards": []})["boards"]}
        for department in found
        if department["id"] in seen or actor().is_admin
    ]
