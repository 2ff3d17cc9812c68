from typing import Any

from sqlalchemy import select

from helix.clock import iso
from helix.errors import Forbidden
from helix.extensions import db
from helix.models import AiModel
from helix.policies import administration
from helix.policies.actor import Actor
from helix.services.finding import one


def require_admin(actor: Actor) -> None:
    if not administration.may_administer(actor):
        raise Forbidden("Only admins see and change AI models.")


def models(actor: Actor) -> list[AiModel]:
    """The default first, then by name. For admins."""
    require_admin(actor)
    return list(
        db.session.scalars(select(AiModel).order_by(AiModel.is_default.desc(), AiModel.display_name, AiModel.id))
    )


def get(actor: Actor, model_id: int) -> AiModel:
    require_admin(actor)
    return one(AiModel, model_id, "AI model")


def locked(model_id: int) -> AiModel:
    return one(AiModel, model_id, "AI model", locked=True)


def serialize(model: AiModel) -> dict[str, Any]:
    """As the contract writes it: of the key, that there is one and its last four letters."""
    into, out = model.input_cost_per_million, model.output_cost_per_million
    return {
        "id": model.id,
        "provider": model.provider,
        "model_name": model.model_name,
        "display_name": model.display_name,
        "base_url": model.base_url,
        "has_api_key": model.has_api_key,
        "key_hint": model.key_hint,
        "context_window": model.context_window,
        "max_output_tokens": model.max_output_tokens,
        "input_cost_per_million": None if into is None else float(into),
        "output_cost_per_million": None if out is None else float(out),
        "is_default": model.is_default,
        "is_active": model.is_active,
        "last_test": model.last_test,
        "created_at": iso(model.created_at),
    }
