"""Personal tokens for integrations: made, shown once, deleted."""

from typing import Any

from flask.typing import ResponseReturnValue

from helix.schemas.account import TokenIn
from helix.services import accounts
from helix.text import times
from helix.web import form_values
from helix.web.blueprint import actor, signed_in_blueprint
from helix.web.settings.tabs import done, tab
from helix.web.zone import viewers_zone

blueprint = signed_in_blueprint("api_tokens")
BLUEPRINTS = (blueprint,)
WORDS = {"name": "Give it a name of 1 to 80 letters.", "expires_at": "Write a date such as 2026-12-03."}


@blueprint.get("/settings/tokens")
def show() -> ResponseReturnValue:
    return tab("tokens", _context())


@blueprint.post("/settings/tokens")
def create() -> ResponseReturnValue:
    """The token stands in this answer and never again."""
    typed = form_values.typed("name", "scope", "expires_at")
    try:
        sent = TokenIn.model_validate(form_values.values(typed, nullable=("expires_at",)))
        expires_at = times.moment(sent.expires_at, str(viewers_zone()))
        _row, plain = accounts.create_api_token(actor(), name=sent.name, scope=sent.scope, expires_at=expires_at)
    except form_values.REFUSALS as error:
        problems = form_values.problems(error, words=WORDS, otherwise="name")
        return tab("tokens", _context() | {"typed": typed, "problems": problems}, status=422)
    answer = tab("tokens", _context() | {"plain": plain, "made": sent.name})
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.post("/settings/tokens/<int:token_id>/delete")
def delete(token_id: int) -> ResponseReturnValue:
    accounts.delete_api_token(actor(), token_id)
    return done("tokens", _context(), "That token opens nothing any more.")


def _context() -> dict[str, Any]:
    tokens = [accounts.serialize_token(token) for token in accounts.api_tokens(actor())]
    return {"tokens": tokens, "plain": None, "made": ""}
