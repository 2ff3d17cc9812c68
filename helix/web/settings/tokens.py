"""Personal API tokens: create, show once, delete."""

from typing import Any

from flask.typing import ResponseReturnValue

from helix.schemas.account import TokenIn
from helix.services import accounts
from helix.text import times
from helix.web import forms
from helix.web.blueprint import actor, signed_in_blueprint
from helix.web.settings.tabs import render_tab, tab_response
from helix.web.time_zones import viewer_zone

blueprint = signed_in_blueprint("api_tokens")
BLUEPRINTS = (blueprint,)
MESSAGES = {"name": "Enter a name of 1 to 80 characters.", "expires_at": "Enter a date such as 2026-12-03."}


@blueprint.get("/settings/tokens")
def show() -> ResponseReturnValue:
    return render_tab("tokens", _context())


@blueprint.post("/settings/tokens")
def create() -> ResponseReturnValue:
    """Create a token. It is only shown in this response."""
    typed = forms.posted_fields("name", "scope", "expires_at")
    try:
        sent = TokenIn.model_validate(forms.empty_to_none(typed, nullable=("expires_at",)))
        expires_at = times.moment(sent.expires_at, str(viewer_zone()))
        _row, plain = accounts.create_api_token(actor(), name=sent.name, scope=sent.scope, expires_at=expires_at)
    except forms.FORM_ERRORS as error:
        problems = forms.error_messages(error, words=MESSAGES, otherwise="name")
        return render_tab("tokens", _context() | {"typed": typed, "problems": problems}, status=422)
    answer = render_tab("tokens", _context() | {"plain": plain, "made": sent.name})
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.post("/settings/tokens/<int:token_id>/delete")
def delete(token_id: int) -> ResponseReturnValue:
    accounts.delete_api_token(actor(), token_id)
    return tab_response("tokens", _context(), "The token was deleted.")


def _context() -> dict[str, Any]:
    tokens = [accounts.serialize_token(token) for token in accounts.api_tokens(actor())]
    return {"tokens": tokens, "plain": None, "made": ""}
