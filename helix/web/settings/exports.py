"""The organization's data as one archive to take away. For admins."""

from flask import Response
from flask.typing import ResponseReturnValue

from helix import clock
from helix.services import export, settings
from helix.text import slugs
from helix.web.admins import admins_only
from helix.web.blueprint import actor, signed_in_blueprint
from helix.web.settings.tabs import tab

blueprint = signed_in_blueprint("exports")
blueprint.before_request(admins_only)
BLUEPRINTS = (blueprint,)


@blueprint.get("/settings/data")
def show() -> ResponseReturnValue:
    return tab("data", {"retention_days": settings.organization().retention_days})


@blueprint.get("/settings/export.zip")
def everything() -> ResponseReturnValue:
    """Sent while it is made, so that it begins at once however much there is."""
    pieces = export.export_archive(actor())
    answer = Response(pieces, mimetype="application/zip")
    name = f"{slugs.slug(settings.organization().name)}-{clock.now():%Y-%m-%d}.zip"
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    answer.headers["Cache-Control"] = "no-store"
    return answer
