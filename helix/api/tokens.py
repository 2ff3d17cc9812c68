from typing import Any

from helix.api.blueprint import actor, array_response, no_content, paginate, signed_in_blueprint
from helix.schemas.account import TokenCreated, TokenIn, TokenList, TokenPath
from helix.schemas.common import Paging
from helix.services import accounts
from helix.text import times

blueprint = signed_in_blueprint("tokens", "API tokens", "/api/tokens")
BLUEPRINTS = (blueprint,)


@blueprint.get("/", responses={200: TokenList})
def index(query: Paging) -> Any:
    """Your API tokens, the newest first. The tokens themselves are never shown again."""
    found = accounts.api_tokens(actor())
    return array_response([accounts.serialize_token(token) for token in paginate(found, query)], len(found), query)


@blueprint.post("/", responses={201: TokenCreated})
def create(body: TokenIn) -> Any:
    """A token that acts as you, for integrations. It is shown in this answer and never again."""
    expires_at = times.moment(body.expires_at, actor().zone)
    token, plain = accounts.create_api_token(actor(), name=body.name, scope=body.scope, expires_at=expires_at)
    return {**accounts.serialize_token(token), "token": plain}, 201


@blueprint.delete("/<int:token_id>", responses={204: None})
def delete(path: TokenPath) -> Any:
    """Delete one of your tokens."""
    accounts.delete_api_token(actor(), path.token_id)
    return no_content()
