from typing import Any

from helix.api.blueprint import actor, array, no_content, signed_in_blueprint, slice_of
from helix.schemas.ai_model import (
    ModelIn,
    ModelList,
    ModelOut,
    ModelPatch,
    ModelPath,
    ReplaceWith,
    TestOut,
)
from helix.schemas.common import Error, Paging
from helix.services import models

blueprint = signed_in_blueprint("models", "AI models", "/api/models", "For admins.")
BLUEPRINTS = (blueprint,)


@blueprint.get("/", responses={200: ModelList})
def index(query: Paging) -> Any:
    """Every AI model, the default first."""
    found = models.models(actor())
    return array([models.serialize(model) for model in slice_of(found, query)], len(found), query)


@blueprint.post("/", responses={201: ModelOut})
def create(body: ModelIn) -> Any:
    """A new AI model. The first one becomes the default."""
    return models.serialize(models.create(actor(), **body.model_dump())), 201


@blueprint.get("/<int:model_id>", responses={200: ModelOut})
def show(path: ModelPath) -> Any:
    """One AI model, without its key."""
    return models.serialize(models.get(actor(), path.model_id))


@blueprint.patch("/<int:model_id>", responses={200: ModelOut})
def edit(path: ModelPath, body: ModelPatch) -> Any:
    """Change the fields that are sent."""
    return models.serialize(models.edit(actor(), path.model_id, body.changes()))


@blueprint.delete("/<int:model_id>", responses={204: None})
def delete(path: ModelPath, query: ReplaceWith) -> Any:
    """Delete it. For the default, or one that agents use, `replace_with` names the one that takes its place."""
    models.delete(actor(), path.model_id, replace_with=query.replace_with)
    return no_content()


@blueprint.post("/<int:model_id>/test", responses={200: TestOut, 503: Error})
def test(path: ModelPath) -> Any:
    """One tiny call, made by a worker within 15 seconds; says in words what is wrong."""
    return models.test(actor(), path.model_id)


@blueprint.post("/<int:model_id>/set-default", responses={200: ModelOut})
def set_default(path: ModelPath) -> Any:
    """The model of every agent that has none of its own."""
    return models.serialize(models.set_default(actor(), path.model_id))
