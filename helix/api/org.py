from typing import Any

from flask import Response

from helix.api.blueprint import actor, signed_in_blueprint
from helix.api.downloads import ARCHIVE_RESPONSE
from helix.models.vocabulary import BoardLevel
from helix.schemas.common import Error
from helix.schemas.settings import SampleDataOut, SampleDataRemoved, SettingsOut, SettingsPatch, WebSearchTestOut
from helix.services import export, sample_data, settings, web_search

blueprint = signed_in_blueprint("org", "Organization Settings", "/api/org/settings")
export_blueprint = signed_in_blueprint("org_export", "Organization Settings", "/api/org")
sample_blueprint = signed_in_blueprint("org_sample_data", "Organization Settings", "/api/org/sample-data")
search_blueprint = signed_in_blueprint("org_web_search", "Organization Settings", "/api/org/web-search")
BLUEPRINTS = (blueprint, export_blueprint, sample_blueprint, search_blueprint)


@blueprint.get("/", responses={200: SettingsOut})
def show() -> Any:
    """The settings of the organization. Secrets are never shown."""
    return settings.serialize(settings.organization())


@blueprint.patch("/", responses={200: SettingsOut})
def edit(body: SettingsPatch) -> Any:
    """Change the fields that are sent. For admins."""
    sent = body.changes()
    if "default_board_level" in sent:
        sent["default_board_level"] = BoardLevel.of(sent["default_board_level"])
    return settings.serialize(settings.edit(actor(), sent))


@export_blueprint.get("/export", responses={200: ARCHIVE_RESPONSE})
def export_everything() -> Any:
    """All data as JSON lines and files in one archive, without secrets. For admins."""
    answer = Response(export.export_archive(actor()), mimetype="application/zip")
    answer.headers.set("Content-Disposition", "attachment", filename="helix-export.zip")
    answer.headers["Cache-Control"] = "no-store"
    return answer


@sample_blueprint.get("/", responses={200: SampleDataOut})
def show_sample_data() -> Any:
    """How much is left of the sample data of a new installation. For admins."""
    return {"counts": sample_data.counts(actor())}


@sample_blueprint.delete("/", responses={200: SampleDataRemoved})
def remove_sample_data() -> Any:
    """Remove the sample data, but for what people have changed, added to or still use. For admins."""
    outcome = sample_data.remove(actor())
    return {"removed": outcome.removed, "kept": outcome.kept}


@search_blueprint.post("/test", responses={200: WebSearchTestOut, 503: Error})
def test_web_search() -> Any:
    """Have a worker search the web once with the engine of the settings. For admins."""
    return web_search.test(actor())
