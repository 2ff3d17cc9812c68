from typing import Any

from helix.api.blueprint import actor, array_response, limit_and_offset, no_content, signed_in_blueprint
from helix.clock import iso
from helix.schemas.account import (
    InvitationOut,
    ResetLinkOut,
    UserCreated,
    UserIn,
    UserList,
    UserOut,
    UserPatch,
    UserPath,
)
from helix.schemas.common import Paging
from helix.services import accounts

blueprint = signed_in_blueprint("users", "Users", "/api/users")
BLUEPRINTS = (blueprint,)


@blueprint.get("/", responses={200: UserList})
def index(query: Paging) -> Any:
    """All accounts that are not closed, by name. For admins, as all of this section."""
    limit, offset = limit_and_offset(query)
    found = accounts.list_users(actor(), limit=limit, offset=offset)
    return array_response([accounts.serialize(user) for user in found], accounts.count(actor()), query)


@blueprint.post("/", responses={201: UserCreated})
def create(body: UserIn) -> Any:
    """A new account. Without a password it comes with an invitation link, mailed where a mail server is set up."""
    user = accounts.create(actor(), **body.model_dump())
    link = None if body.password else accounts.invite(actor(), user.id)
    invitation = {"invitation_url": link and link.url, "mailed": bool(link and link.mailed)}
    return {**accounts.serialize(user), **invitation}, 201


@blueprint.get("/<int:user_id>", responses={200: UserOut})
def show(path: UserPath) -> Any:
    """One account."""
    return accounts.serialize(accounts.get(actor(), path.user_id))


@blueprint.patch("/<int:user_id>", responses={200: UserOut})
def edit(path: UserPath, body: UserPatch) -> Any:
    """Change a user's name, address, role or password, or deactivate the account."""
    return accounts.serialize(accounts.edit(actor(), path.user_id, body.changes()))


@blueprint.delete("/<int:user_id>", responses={204: None})
def close(path: UserPath) -> Any:
    """Close an account for good. Its history stays; its name and address are free again."""
    accounts.close(actor(), path.user_id)
    return no_content()


@blueprint.post("/<int:user_id>/invitation", responses={201: InvitationOut})
def invite(path: UserPath) -> Any:
    """Create an invitation link, valid for 7 days. Earlier links become invalid."""
    link = accounts.invite(actor(), path.user_id)
    return {"invitation_url": link.url, "expires_at": iso(link.expires_at), "mailed": link.mailed}, 201


@blueprint.post("/<int:user_id>/reset-link", responses={201: ResetLinkOut})
def reset_link(path: UserPath) -> Any:
    """Create a password reset link, valid for 2 hours. Earlier links become invalid."""
    link = accounts.reset_link(actor(), path.user_id)
    return {"reset_url": link.url, "expires_at": iso(link.expires_at), "mailed": link.mailed}, 201
