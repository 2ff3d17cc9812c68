from typing import Any

from flask import request

from helix.api.bearer import access_token
from helix.api.blueprint import actor, public_blueprint, signed_in_blueprint
from helix.errors import BadRequest, Invalid
from helix.models import User
from helix.schemas.account import AccessToken, LoginOut, PasswordChange, RedeemIn, UserOut
from helix.services import accounts

login_blueprint = public_blueprint("login", "Authentication", "/api/auth")
blueprint = signed_in_blueprint("auth", "Authentication", "/api/auth")
BLUEPRINTS = (login_blueprint, blueprint)


# The body is parsed by hand below, so it is described by hand here. Only the form is listed: with two content types,
# openapi-python-client generates a module that cannot be imported. The description mentions JSON.
CREDENTIALS = {
    "type": "object",
    "required": ["username", "password"],
    "properties": {
        "username": {"type": "string", "minLength": 1, "description": "The e-mail address, in any case."},
        "password": {"type": "string", "minLength": 1, "format": "password"},
    },
}
LOGIN_BODY = {
    "required": True,
    "content": {
        "application/x-www-form-urlencoded": {"schema": CREDENTIALS},
    },
}


@login_blueprint.post("/login", responses={200: LoginOut}, openapi_extensions={"requestBody": LOGIN_BODY})
def login() -> Any:
    """Log in by form.

    A JSON body with the same two fields (`Content-Type: application/json`) works too. The token is valid for 24 hours.
    """
    sent = _credentials()
    missing = [name for name in ("username", "password") if not isinstance(sent.get(name), str) or not sent[name]]
    if missing:
        raise Invalid([{"loc": [name], "msg": "Field required", "type": "missing"} for name in missing])
    return _login_response(accounts.sign_in(sent["username"], sent["password"], address=request.remote_addr or ""))


@login_blueprint.post("/redeem", responses={200: LoginOut})
def redeem(body: RedeemIn) -> Any:
    """Set a password with a one-time link (invitation or reset). Ends all existing sessions and tokens."""
    return _login_response(accounts.redeem(body.token, body.password, address=request.remote_addr or ""))


def _login_response(user: User) -> dict[str, Any]:
    return {
        "access_token": access_token(user),
        "token_type": "bearer",
        "user": {"id": user.id, "name": user.name, "email": user.email, "role": user.role},
    }


def _credentials() -> dict[str, Any]:
    # Parsed without a form model, which would turn the password 12345678 into a number.
    if not request.is_json:
        return request.form.to_dict()
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise BadRequest("The body is not valid JSON.")
    return body


@blueprint.post("/me/change-password", responses={200: AccessToken})
def change_password(body: PasswordChange) -> Any:
    """Change your password. Earlier tokens become invalid; the response contains a new one."""
    address = request.remote_addr or ""
    user = accounts.change_password(actor(), body.current_password, body.new_password, address=address)
    return {"access_token": access_token(user), "token_type": "bearer"}


@blueprint.post("/sign-out-everywhere", responses={200: UserOut})
def sign_out_everywhere() -> Any:
    """Invalidate all your access tokens and browser sessions, including this one."""
    return accounts.serialize(accounts.sign_out_everywhere(actor()))
