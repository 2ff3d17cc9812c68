from typing import Any

from helix.api.blueprint import actor, array_response, no_content, paginate, signed_in_blueprint
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
    return array_response([models.serialize(model) for model in paginate(found, query)], len(found), query)


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
    """Delete it. If it is the default or in use, `replace_with` names the model that replaces it."""
    models.delete(actor(), path.model_id, replace_with=query.replace_with)
    return no_content()


@blueprint.post("/<int:model_id>/test", responses={200: TestOut, 503: Error})
def test(path: ModelPath) -> Any:
    """Have a worker make one small call within 15 seconds. The message explains a failure."""
    return models.test(actor(), path.model_id)


@blueprint.post("/<int:model_id>/set-default", responses={200: ModelOut})
def set_default(path: ModelPath) -> Any:
    """Make it the model of every agent without its own model."""
    return models.serialize(models.set_default(actor(), path.model_id))
