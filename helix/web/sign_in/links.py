"""One-time links of invitations and password resets: choosing a password."""

from flask import make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from helix.errors import Invalid, TooManyRequests
from helix.services import accounts, navigation, settings
from helix.web import session
from helix.web.blueprint import public_blueprint
from helix.web.forms import field_errors

blueprint = public_blueprint("links")
BLUEPRINTS = (blueprint,)


@blueprint.get("/invitation/<token>")
@blueprint.get("/reset-password/<token>")
def form(token: str) -> ResponseReturnValue:
    return _page(token)


@blueprint.post("/invitation/<token>")
@blueprint.post("/reset-password/<token>")
def redeem(token: str) -> ResponseReturnValue:
    """Set the password and sign this browser in, replacing any previous session."""
    try:
        user = accounts.redeem(token, request.form.get("password", ""), address=request.remote_addr or "")
    except Invalid as error:
        problems = field_errors(error)
        return _page(token, 422, problem=problems.get("password", ""))
    except TooManyRequests as error:
        answer = make_response(_page(token, 429, refused=error.message))
        answer.headers["Retry-After"] = str(error.retry_after)
        return answer
    session.end()
    session.begin(user)
    return redirect("/", 303)


def _page(token: str, status: int = 200, **context: str) -> ResponseReturnValue:
    """The form, or for a used or expired link a message with status 410."""
    try:
        user, spent = accounts.user_of_link(token), ""
    except Invalid as error:
        user, spent, status = None, str(error), 410
    answer = make_response(
        render_template(
            "link.html",
            org_name=navigation.organization_name(),
            user=user,
            spent=spent,
            password_min_length=settings.organization().password_min_length,
            first=request.path.startswith("/invitation/"),
            **context,
        ),
        status,
    )
    # The URL holds the token: do not send it to other sites.
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer
