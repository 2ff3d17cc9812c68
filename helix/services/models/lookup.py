"""Reading AI models, and the endpoints that they are called at."""

from typing import Any

from flask import current_app
from sqlalchemy import select

from helix import llm
from helix.clock import iso
from helix.db.locking import lock
from helix.errors import Forbidden
from helix.extensions import db
from helix.models import Agent, AiModel
from helix.policies import administration
from helix.policies.actor import Actor
from helix.services.required_rows import get_required, required
from helix.services.secrets import decrypt

# The fields of a test in the API.
LAST_TEST = ("ok", "message", "latency_ms", "at")


def require_admin(actor: Actor) -> None:
    if not administration.may_administer(actor):
        raise Forbidden("Only admins can see and change AI models.")


def models(actor: Actor) -> list[AiModel]:
    """All models: the default first, then by name. For admins."""
    require_admin(actor)
    return list(
        db.session.scalars(select(AiModel).order_by(AiModel.is_default.desc(), AiModel.display_name, AiModel.id))
    )


def get(actor: Actor, model_id: int) -> AiModel:
    require_admin(actor)
    return get_required(AiModel, model_id, "AI model")


def get_for_update(model_id: int) -> AiModel:
    return required(lock(AiModel, model_id), "AI model")


def serialize(model: AiModel) -> dict[str, Any]:
    """The API representation: of the key, only its existence and its last four characters."""
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
        "supports_tools": model.supports_tools,
        "last_test": model.last_test and {name: model.last_test[name] for name in LAST_TEST},
        "created_at": iso(model.created_at),
    }


def endpoint_of(model: AiModel) -> llm.Endpoint:
    """The model's endpoint with its decrypted API key. Never show or log it."""
    return llm.Endpoint(
        provider=model.provider,
        model_name=model.model_name,
        base_url=model.base_url,
        api_key=decrypt(model.api_key_encrypted),
        context_window=model.context_window,
        max_output_tokens=model.max_output_tokens,
        input_cost_per_million=model.input_cost_per_million,
        output_cost_per_million=model.output_cost_per_million,
        allow_private_addresses=current_app.config["HELIX"].allow_private_model_addresses,
    )


def supports_tools(ai_model_id: int | None) -> bool | None:
    """Whether the model can call tools; without an id, the default model. None: not known, or there is no model."""
    which = AiModel.is_default if ai_model_id is None else AiModel.id == ai_model_id
    return db.session.scalar(select(AiModel.supports_tools).where(which))


def default_model() -> AiModel | None:
    """The model of agents that have none of their own."""
    return db.session.scalars(select(AiModel).where(AiModel.is_default)).one_or_none()


def agents_by_model(actor: Actor) -> dict[int | None, list[str]]:
    """Names of agents by the id of their model; under None those that use the default model. For admins."""
    require_admin(actor)
    query = select(Agent.ai_model_id, Agent.name).where(Agent.deleted_at.is_(None)).order_by(Agent.name)
    names_by_model: dict[int | None, list[str]] = {}
    for model_id, name in db.session.execute(query):
        names_by_model.setdefault(model_id, []).append(name)
    return names_by_model
