"""What the dashboard tells newcomers: that they see sample data, and that agents answer with canned text."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from helix import llm
from helix.db.locking import lock_one
from helix.db.transaction import transaction
from helix.models import User
from helix.policies import administration
from helix.policies.actor import Actor

# In the preferences of a person: the names of hints that he has dismissed.
DISMISSED = "dismissed_hints"
DEMO_MODEL = "demo_model"


class Hints(NamedTuple):
    """Which hints to show. `sample_data` is for admins only, who can remove it."""

    sample_data: bool
    demo_model: bool


def hints(
    actor: Actor, *, sample_data: Mapping[str, Any] | None, default_provider: str | None, preferences: Mapping[str, Any]
) -> Hints:
    """From what the layout has read: the organization's sample data, the provider of its default model, the person's
    preferences.
    """
    return Hints(
        sample_data=bool(sample_data and not sample_data["dismissed"]) and administration.may_administer(actor),
        demo_model=default_provider == llm.DEMO and DEMO_MODEL not in preferences.get(DISMISSED, ()),
    )


def dismiss_demo_model(actor: Actor) -> None:
    """Hide the hint about the demo model from this person."""
    with transaction():
        user = lock_one(User, actor.user_id)
        dismissed = {*user.preferences.get(DISMISSED, ()), DEMO_MODEL}
        user.preferences = user.preferences | {DISMISSED: sorted(dismissed)}
