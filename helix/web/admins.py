from helix.errors import Forbidden
from helix.policies import office
from helix.web.door import actor


def admins_only() -> None:
    """For `before_request` of a section, and for forms that only admins may see. The services decide again."""
    if not office.may_administer(actor()):
        raise Forbidden("Only admins may open this. Ask one to do it for you, or to make you an admin.")
