"""User accounts: the actor of a request, sign-in, profile, sessions, API tokens and one-time links."""

from helix.services.accounts import actor_cache
from helix.services.accounts.actors import (
    actor_by_id,
    actor_by_session,
    actor_by_token_version,
    api_token_actor,
    record_token_use,
)
from helix.services.accounts.board_settings import BoardSettings, board_settings, keep_board_settings
from helix.services.accounts.identities import identities, record_refused_sign_in, sign_in_with_oidc, unlink
from helix.services.accounts.links import Link, invite, redeem, reset_link, user_of_link
from helix.services.accounts.lookup import count, get, last_seen, list_users, me, shown_names, shown_user
from helix.services.accounts.passwords import sign_in
from helix.services.accounts.people import close, create, edit, serialize
from helix.services.accounts.profile import (
    change_password,
    edit_profile,
    remove_avatar,
    set_avatar,
)
from helix.services.accounts.sessions import (
    create_session,
    delete_expired,
    end_session,
    revoke_session,
    serialize_session,
    sessions,
    sign_out_everywhere,
)
from helix.services.accounts.setup import create_setup_key, ensure_admin, is_setup_open, set_up_organization
from helix.services.accounts.tokens import api_tokens, create_api_token, delete_api_token, serialize_token

__all__ = [
    "BoardSettings",
    "Link",
    "actor_by_id",
    "actor_by_session",
    "actor_by_token_version",
    "actor_cache",
    "api_token_actor",
    "api_tokens",
    "board_settings",
    "change_password",
    "close",
    "count",
    "create",
    "create_api_token",
    "create_session",
    "create_setup_key",
    "delete_api_token",
    "delete_expired",
    "edit",
    "edit_profile",
    "end_session",
    "ensure_admin",
    "get",
    "identities",
    "invite",
    "is_setup_open",
    "keep_board_settings",
    "last_seen",
    "list_users",
    "me",
    "record_refused_sign_in",
    "record_token_use",
    "redeem",
    "remove_avatar",
    "reset_link",
    "revoke_session",
    "serialize",
    "serialize_session",
    "serialize_token",
    "sessions",
    "set_avatar",
    "set_up_organization",
    "shown_names",
    "shown_user",
    "sign_in",
    "sign_in_with_oidc",
    "sign_out_everywhere",
    "unlink",
    "user_of_link",
]
