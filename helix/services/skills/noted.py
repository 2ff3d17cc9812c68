from collections.abc import Sequence
from typing import Any

from helix import clock
from helix.models import Skill
from helix.policies.actor import Actor
from helix.services import activity


def record_change(
    actor: Actor, skill: Skill, changed: Sequence[str], *, action: str = "skill.updated", **details: Any
) -> None:
    """Record what changed, if anything did, inside the transaction under way."""
    if not changed:
        return
    skill.updated_at = clock.now()
    activity.record(
        actor, action, "skill", skill.id, skill.name, fields=sorted(changed), version=skill.version, **details
    )
