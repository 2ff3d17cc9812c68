from helix.errors import Forbidden
from helix.policies import administration
from helix.policies.actor import Actor
from helix.web.blueprint import actor

PAGES = ("/models", "/settings", "/team")


def require_admin() -> None:
    """Raise Forbidden unless the actor is an admin. For `before_request` and single views; services check again."""
    if not administration.may_administer(actor()):
        raise Forbidden("Only admins may open this. Ask one to do it for you, or to make you an admin.")


def accessible_url(who: Actor, address: str | None) -> str | None:
    """`address`, or None when the actor may not open it."""
    return address if address and (administration.may_administer(who) or not address.startswith(PAGES)) else None
