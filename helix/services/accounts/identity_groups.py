"""What a sign-in service's groups decide, at every sign-in: who may come in, and who is an admin."""

import logging

from helix.errors import Forbidden
from helix.models import User
from helix.models.vocabulary import Role
from helix.oidc import Who
from helix.policies.actor import SYSTEM
from helix.services.accounts import lookup, people
from helix.settings.oidc import OidcSettings

log = logging.getLogger(__name__)


def require_allowed_group(chosen: OidcSettings | None, who: Who) -> None:
    """Raises Forbidden for who is in none of the groups that may sign in. Those of admins may."""
    if chosen is None or not chosen.allowed_groups:
        return
    if who.groups is None:
        raise Forbidden(
            f"The sign-in service did not say which groups you are in (`{chosen.groups_claim}`). Ask an admin."
        )
    if not who.groups.intersection(chosen.allowed_groups + chosen.admin_groups):
        raise Forbidden(f"Only members of certain groups may sign in here (`{chosen.groups_claim}`). Ask an admin.")


def apply_group_role(chosen: OidcSettings | None, who: Who, user: User) -> None:
    """Within a transaction: an admin by the groups, else a member. The last admin who can sign in stays one."""
    if chosen is None or not chosen.admin_groups:
        return
    wanted = Role.ADMIN if (who.groups or frozenset()).intersection(chosen.admin_groups) else Role.MEMBER
    if user.role == wanted:
        return
    if wanted == Role.MEMBER and not lookup.admins_who_can_sign_in() - {user.id}:
        log.warning(
            "User %d stays an admin though none of the groups in OIDC_ADMIN_GROUPS was sent: nobody else is an admin "
            "with a password.",
            user.id,
        )
        return
    people.edit(SYSTEM, user.id, {"role": wanted})
