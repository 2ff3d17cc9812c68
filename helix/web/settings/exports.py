"""Export of the organization's data as a zip archive, and removal of the sample data. Admins only."""

from flask import Response, flash
from flask.typing import ResponseReturnValue

from helix import clock
from helix.services import export, sample_data, settings
from helix.text import filenames
from helix.web.admins import require_admin
from helix.web.blueprint import actor, redirect_to, signed_in_blueprint
from helix.web.settings.tabs import render_tab

blueprint = signed_in_blueprint("exports")
blueprint.before_request(require_admin)
BLUEPRINTS = (blueprint,)
# Names of kept rows that a message lists.
MAX_NAMES = 5


@blueprint.get("/settings/data")
def show() -> ResponseReturnValue:
    return render_tab(
        "data",
        {"retention_days": settings.organization().retention_days, "sample": _counted(sample_data.counts(actor()))},
    )


@blueprint.post("/settings/sample-data/remove")
def remove_sample() -> ResponseReturnValue:
    """Remove the sample data, and ask for the name of the organization then."""
    outcome = sample_data.remove(actor())
    kept = [name for names in outcome.kept.values() for name in names]
    if kept:
        more = f" and {len(kept) - MAX_NAMES} more" if len(kept) > MAX_NAMES else ""
        flash(f"Kept what you have added to or still use: {', '.join(kept[:MAX_NAMES])}{more}.", "info")
    return redirect_to("/setup/organization")


@blueprint.post("/settings/sample-data/keep")
def keep_sample() -> ResponseReturnValue:
    """Hide the banner about the sample data."""
    sample_data.dismiss(actor())
    flash("You can remove the sample data at any time: Settings, Data.", "ok")
    return redirect_to("/")


def _counted(counts: dict[str, int]) -> list[str]:
    """The counts in words: "24 tasks"."""
    one_of = {"user": ("person", "people")}
    words = []
    for kind, count in counts.items():
        one, many = one_of.get(kind, (kind, f"{kind}s"))
        words.append(f"{count} {one if count == 1 else many}")
    return words


@blueprint.get("/settings/export.zip")
def everything() -> ResponseReturnValue:
    """Stream the archive while it is built."""
    pieces = export.export_archive(actor())
    answer = Response(pieces, mimetype="application/zip")
    name = f"{filenames.slug(settings.organization().name)}-{clock.now():%Y-%m-%d}.zip"
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    answer.headers["Cache-Control"] = "no-store"
    return answer
