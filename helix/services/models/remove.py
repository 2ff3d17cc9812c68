from typing import Any

from sqlalchemy import select, update

from helix import live, queue
from helix.db.locking import lock
from helix.db.transaction import transaction
from helix.errors import Conflict, Invalid, NotFound
from helix.extensions import db
from helix.models import Agent, AiModel
from helix.policies.actor import Actor
from helix.services import activity
from helix.services.models.lookup import require_admin
from helix.services.models.write import lock_default, make_default

MAX_NAMES = 5


def delete(actor: Actor, model_id: int, *, replace_with: int | None = None) -> None:
    """Delete a model and its key. `replace_with` becomes the default and the model of its agents in its place.

    Raises Conflict for the default model, or one that agents use, when `replace_with` is None. For admins.
    """
    require_admin(actor)
    with transaction() as after_commit:
        lock_default()
        # Lock in the order of the ids to avoid deadlocks.
        found = {id: lock(AiModel, id) for id in sorted({model_id, replace_with or model_id})}
        model, heir = found[model_id], found[replace_with] if replace_with else None
        if model is None:
            raise NotFound("There is no such AI model.")
        if replace_with is not None and (heir is None or heir is model):
            raise Invalid.field("replace_with", f"There is no other AI model {replace_with}.")
        if heir is not None and not heir.is_active:
            raise Invalid.field("replace_with", f"{heir.display_name} is switched off.")
        if heir is None:
            _require_unused(model)
        # Including deleted agents, which may still reference it.
        db.session.execute(
            update(Agent).where(Agent.ai_model_id == model_id).values(ai_model_id=heir.id if heir else None)
        )
        was_default, name = model.is_default, model.display_name
        db.session.delete(model)
        db.session.flush()
        if was_default and heir is not None:
            make_default(heir)
        details: dict[str, Any] = {"replaced_with": heir.display_name} if heir else {}
        activity.record(actor, "model.deleted", "model", model_id, name, admin_only=True, **details)
        after_commit(live.publish, "agent")
        after_commit(queue.wake)


def _require_unused(model: AiModel) -> None:
    users = select(Agent.name).where(Agent.ai_model_id == model.id, Agent.deleted_at.is_(None)).order_by(Agent.name)
    names = db.session.scalars(users).all()
    if not names and not model.is_default:
        return
    reasons = ["is the default"] if model.is_default else []
    if names:
        more = f" and {len(names) - MAX_NAMES} more" if len(names) > MAX_NAMES else ""
        reasons.append(f"is used by {', '.join(names[:MAX_NAMES])}{more}")
    raise Conflict(
        f"{model.display_name} {' and '.join(reasons)}. Name with `replace_with` the model that takes its place.",
        agents=len(names),
    )
