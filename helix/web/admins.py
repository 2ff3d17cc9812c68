from helix.errors import Forbidden
from helix.policies import administration
from helix.policies.actor import Actor
from helix.web.blueprint import actor

PAGES = ("/models", "/settings", "/team")


def require_admin() -> None:
    """For `before_request` of a section, and for forms that only admins may see. The services decide again."""
    if not administration.may_administer(actor()):
        raise Forbidden("Only admins may open this. Ask one to do it for you, or to make you an admin.")


def accessible_url(who: Actor, address: str | None) -> str | None:
    """The address where something is put right, for those who may open it."""
    return address if address and (administration.may_administer(who) or not address.startswith(PAGES)) else None
