"""People: who they are when they act, signing in here or elsewhere, profile, sessions, tokens, one-time links."""

from helix.services.accounts import actor_cache
from helix.services.accounts.actors import (
    actor_by_session,
    actor_by_token_version,
    actor_of,
    api_token_actor,
    note_token_use,
)
from helix.services.accounts.avatars import AVATAR_TYPE, LARGEST_AVATAR, avatar, remove_avatar, set_avatar
from helix.services.accounts.cleanup import forget_expired
from helix.services.accounts.identities import identities, note_refusal, sign_in_as, unlink
from helix.services.accounts.last_seen import last_seen
from helix.services.accounts.links import Link, invite, invited, redeem, reset_link
from helix.services.accounts.lookup import count, get, listed, me
from helix.services.accounts.people import close, create, edit, shown
from helix.services.accounts.profile import change_password, edit_profile
from helix.services.accounts.recovery import ensure_admin
from helix.services.accounts.sessions import (
    end_session,
    open_session,
    refuse_api_tokens,
    revoke_session,
    sessions,
    shown_session,
    sign_out_everywhere,
)
from helix.services.accounts.setup import found_organization, is_open, new_setup_key
from helix.services.accounts.sign_in import sign_in
from helix.services.accounts.tokens import api_tokens, create_api_token, delete_api_token, shown_token

__all__ = [
    "AVATAR_TYPE",
    "LARGEST_AVATAR",
    "Link",
    "actor_by_session",
    "actor_by_token_version",
    "actor_cache",
    "actor_of",
    "api_token_actor",
    "api_tokens",
    "avatar",
    "change_password",
    "close",
    "count",
    "create",
    "create_api_token",
    "delete_api_token",
    "edit",
    "edit_profile",
    "end_session",
    "ensure_admin",
    "forget_expired",
    "found_organization",
    "get",
    "identities",
    "invite",
    "invited",
    "is_open",
    "last_seen",
    "listed",
    "me",
    "new_setup_key",
    "note_refusal",
    "note_token_use",
    "open_session",
    "redeem",
    "refuse_api_tokens",
    "remove_avatar",
    "reset_link",
    "revoke_session",
    "sessions",
    "set_avatar",
    "shown",
    "shown_session",
    "shown_token",
    "sign_in",
    "sign_in_as",
    "sign_out_everywhere",
    "unlink",
]
