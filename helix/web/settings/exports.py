"""Export of the organization's data as a zip archive. Admins only."""

from flask import Response
from flask.typing import ResponseReturnValue

from helix import clock
from helix.services import export, settings
from helix.text import filenames
from helix.web.admins import require_admin
from helix.web.blueprint import actor, signed_in_blueprint
from helix.web.settings.tabs import render_tab

blueprint = signed_in_blueprint("exports")
blueprint.before_request(require_admin)
BLUEPRINTS = (blueprint,)


@blueprint.get("/settings/data")
def show() -> ResponseReturnValue:
    return render_tab("data", {"retention_days": settings.organization().retention_days})


@blueprint.get("/settings/export.zip")
def everything() -> ResponseReturnValue:
    """Stream the archive while it is built."""
    pieces = export.export_archive(actor())
    answer = Response(pieces, mimetype="application/zip")
    name = f"{filenames.slug(settings.organization().name)}-{clock.now():%Y-%m-%d}.zip"
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    answer.headers["Cache-Control"] = "no-store"
    return answer
