"""People: who they are when they act, signing in, their sessions and tokens."""

from helix.services.accounts.actors import (
    actor_by_session,
    actor_by_token_version,
    actor_of,
    api_token_actor,
    note_token_use,
)
from helix.services.accounts.people import create, me, shown
from helix.services.accounts.setup import new_setup_key
from helix.services.accounts.sign_in import end_session, open_session, sign_in

__all__ = [
    "actor_by_session",
    "actor_by_token_version",
    "actor_of",
    "api_token_actor",
    "create",
    "end_session",
    "me",
    "new_setup_key",
    "note_token_use",
    "open_session",
    "shown",
    "sign_in",
]
