from typing import Any

from flask import request

from helix.api.blueprint import actor, array_response, no_content, paginate, signed_in_blueprint
from helix.errors import TooLarge, WrongMediaType
from helix.schemas.account import AvatarForm, ProfilePatch, SessionList, SessionPath, UserOut
from helix.schemas.common import Error, Paging
from helix.services import accounts, avatars

blueprint = signed_in_blueprint("profile", "Authentication", "/api/auth/me")
avatar_blueprint = signed_in_blueprint("avatar", "Authentication", "/api/auth/me/avatar")
BLUEPRINTS = (blueprint, avatar_blueprint)

# The multipart form adds little to the size of the picture.
LARGEST_FORM = avatars.MAX_BYTES + 64 * 1024


@blueprint.get("/", responses={200: UserOut})
def me() -> Any:
    """The user this token belongs to."""
    return accounts.actor_cache.profile(actor())


@blueprint.patch("/", responses={200: UserOut})
def edit(body: ProfilePatch) -> Any:
    """Change your name, time zone, or Telegram notifications."""
    return accounts.serialize(accounts.edit_profile(actor(), body.changes()))


@blueprint.get("/sessions", responses={200: SessionList})
def sessions(query: Paging) -> Any:
    """Your browser sessions, the last used first."""
    found = accounts.sessions(actor())
    shown = [accounts.serialize_session(actor(), session) for session in paginate(found, query)]
    return array_response(shown, len(found), query)


@blueprint.delete("/sessions/<int:session_id>", responses={204: None})
def revoke_session(path: SessionPath) -> Any:
    """Sign a browser out."""
    accounts.revoke_session(actor(), path.session_id)
    return no_content()


@avatar_blueprint.before_request
def _small_form() -> None:
    if request.method != "POST":
        return
    if request.mimetype != "multipart/form-data":
        raise WrongMediaType("Send the picture as multipart/form-data, in the field `file`.")
    if (request.content_length or 0) > LARGEST_FORM:
        raise TooLarge("This picture is too large: at most 2 MB.")
    # A body without a Content-Length is limited while it is read.
    request.max_content_length = LARGEST_FORM


@avatar_blueprint.post("/", responses={200: UserOut, 413: Error, 415: Error})
def set_avatar(form: AvatarForm) -> Any:
    """Your picture: JPEG, PNG or WebP, at most 2 MB. It is cut to a square of at most 512 px."""
    return accounts.serialize(accounts.set_avatar(actor(), form.file.stream))


@avatar_blueprint.delete("/", responses={200: UserOut})
def remove_avatar() -> Any:
    """Remove your picture."""
    return accounts.serialize(accounts.remove_avatar(actor()))
