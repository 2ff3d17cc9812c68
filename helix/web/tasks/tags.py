"""The page of all tags, renaming and merging them, and suggestions while one types tags."""

from flask import jsonify, request
from flask.typing import ResponseReturnValue

from helix.schemas.task import TagsRenameIn
from helix.services.tasks import tag_list
from helix.web import forms
from helix.web.blueprint import actor, flash_toast, redirect_to, render_page, signed_in_blueprint

blueprint = signed_in_blueprint("tags")
BLUEPRINTS = (blueprint,)
MAX_SUGGESTED = 200


@blueprint.get("/tags")
def show() -> ResponseReturnValue:
    return _page()


@blueprint.get("/tags/suggestions")
def suggest() -> ResponseReturnValue:
    """The most used tags, as JSON for static/js/tags.js."""
    return jsonify([each["tag"] for each in tag_list.tags(actor())[:MAX_SUGGESTED]])


@blueprint.post("/tags/rename")
def rename() -> ResponseReturnValue:
    chosen, to = request.form.getlist("tags"), request.form.get("to", "")
    try:
        sent = TagsRenameIn.model_validate({"tags": chosen, "to": to.removeprefix("#")})
        number = tag_list.rename(actor(), sent.tags, sent.to)
    except forms.FORM_ERRORS as error:
        return _page(chosen, to, forms.error_messages(error, otherwise="to"), 422)
    flash_toast(f"Changed the tags of {number} {'task' if number == 1 else 'tasks'}.")
    return redirect_to("/tags")


def _page(
    chosen: list[str] | None = None, to: str = "", problems: dict[str, str] | None = None, status: int = 200
) -> ResponseReturnValue:
    return render_page(
        "tasks/tags.html",
        here="boards",
        status=status,
        tags=tag_list.tags(actor()),
        may_rename=tag_list.may_rename(actor()),
        chosen=chosen or [],
        to=to,
        problems=problems or {},
    )
