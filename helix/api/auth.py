from typing import Any

from flask import request

from helix.api.bearer import access_token
from helix.api.door import actor, public_section, section
from helix.errors import BadRequest, Invalid
from helix.schemas.account import LoginOut, UserOut
from helix.services import accounts

login_door = public_section("login", "Authentication", "/api/auth")
door = section("auth", "Authentication", "/api/auth")
DOORS = (login_door, door)


@login_door.post("/login", responses={200: LoginOut})
def login() -> Any:
    """Log in by form (`username`, `password`) or by a JSON body with the same two fields."""
    sent = _credentials()
    missing = [name for name in ("username", "password") if not isinstance(sent.get(name), str) or not sent[name]]
    if missing:
        raise Invalid([{"loc": [name], "msg": "Field required", "type": "missing"} for name in missing])
    user = accounts.sign_in(sent["username"], sent["password"], address=request.remote_addr or "")
    return {
        "access_token": access_token(user),
        "token_type": "bearer",
        "user": {"id": user.id, "name": user.name, "email": user.email, "role": user.role},
    }


def _credentials() -> dict[str, Any]:
    # Read as they were typed: a form model would take the password 12345678 for a number.
    if not request.is_json:
        return request.form.to_dict()
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise BadRequest("The body is not valid JSON.")
    return body


@door.get("/me", responses={200: UserOut})
def me() -> Any:
    """Who this token belongs to."""
    return accounts.shown(accounts.me(actor()))
