"""Signing in and out with plain forms, which work without JavaScript."""

from flask import current_app, make_response, redirect, render_template, request
from flask import session as cookie
from flask.typing import ResponseReturnValue

from helix.errors import NotSignedIn, TooManyRequests
from helix.services import accounts, navigation
from helix.web import known_browsers, session
from helix.web.blueprint import local_path, public_blueprint

blueprint = public_blueprint("sign_in")
BLUEPRINTS = (blueprint,)


@blueprint.get("/sign-in")
def form() -> ResponseReturnValue:
    refused = cookie.pop("refused", None)
    if refused:
        return sign_in_page(refused["status"], refused=refused["words"])
    if session.visitor():
        return redirect(local_path(request.args.get("next")))
    if accounts.is_setup_open():
        return redirect("/setup")
    return sign_in_page()


@blueprint.post("/sign-in")
def sign_in() -> ResponseReturnValue:
    email, password = request.form.get("email", "").strip(), request.form.get("password", "")
    problems = {
        name: words
        for name, value, words in (
            ("email", email, "Enter your e-mail address."),
            ("password", password, "Enter your password."),
        )
        if not value
    }
    if problems:
        return sign_in_page(422, email=email, problems=problems)
    try:
        user = accounts.sign_in(
            email, password, address=request.remote_addr or "", browser=known_browsers.browser_id(email)
        )
    except NotSignedIn as error:
        return sign_in_page(401, email=email, refused=error.message)
    except TooManyRequests as error:
        answer = make_response(sign_in_page(429, email=email, refused=error.message))
        answer.headers["Retry-After"] = str(error.retry_after)
        return answer
    session.begin(user)
    return redirect(local_path(request.form.get("next")), 303)


@blueprint.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    session.end()
    return redirect("/sign-in", 303)


def sign_in_page(status: int = 200, **context: object) -> ResponseReturnValue:
    """The sign-in form, with the errors of the last attempt."""
    elsewhere = current_app.config["HELIX"].oidc
    context = {
        "org_name": navigation.organization_name(),
        "next_address": local_path(request.values.get("next"), otherwise=""),
        "elsewhere": elsewhere.name if elsewhere else "",
        **context,
    }
    return render_template("sign_in.html", **context), status
