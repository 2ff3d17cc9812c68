"""The people: who they are, what they may, and the links by which they come in. For admins."""

from typing import Any

from flask import request
from flask.typing import ResponseReturnValue
from pydantic import ValidationError

from helix.errors import Conflict
from helix.models import User
from helix.models.vocabulary import Role
from helix.schemas.account import UserIn, UserPatch
from helix.services import accounts
from helix.services.accounts import Link
from helix.web import form_values, paging
from helix.web.admins import admins_only
from helix.web.blueprint import actor, by_htmx, dialog_done, page, part, see, signed_in_blueprint, toast
from helix.web.forms import chosen

blueprint = signed_in_blueprint("team")
blueprint.before_request(admins_only)
BLUEPRINTS = (blueprint,)
AT_ONCE = 50
ROLES = [("member", "Member"), ("admin", "Admin")]
WORDS = {"name": "Give a name of 1 to 80 letters.", "email": "Write an e-mail address such as mia@example.com."}


@blueprint.get("/team")
def index() -> ResponseReturnValue:
    if by_htmx():
        return part("team/_list.html", **_listed())
    return page("team/index.html", here="team", tab="people", **_listed())


def _listed() -> dict[str, Any]:
    total = accounts.count(actor())
    found = accounts.list_users(actor(), limit=AT_ONCE, offset=paging.offset(AT_ONCE))
    return {
        "people": _rows(found),
        **paging.turned(total, AT_ONCE),
        "roles": ROLES,
    }


def _rows(found: list[User]) -> list[dict[str, Any]]:
    seen = accounts.last_seen(actor(), [user.id for user in found])
    return [
        {
            **accounts.serialize(user),
            "last_seen": seen.get(user.id),
            "invited": user.password_hash is None and user.id not in seen,
            "self": user.id == actor().user_id,
        }
        for user in found
    ]


def _changed(user_id: int, *toasts: str) -> ResponseReturnValue:
    """The row as it is now."""
    if not by_htmx():
        return see("/team")
    row = _rows([accounts.get(actor(), user_id)])[0]
    return form_values.with_more(part("team/_row.html", person=row, roles=ROLES), *toasts)


def _list_partial() -> str:
    return part("team/_list_partial.html", **_listed()).get_data(as_text=True)


@blueprint.get("/team/invite")
def new() -> ResponseReturnValue:
    return _form(None, {"role": "member"})


@blueprint.post("/team/invite")
def invite() -> ResponseReturnValue:
    """A new account without a password, and the link by which the person chooses one."""
    typed = form_values.typed("name", "email", "role")
    try:
        sent = UserIn.model_validate(typed)
        user = accounts.create(actor(), **sent.model_dump())
    except form_values.REFUSALS as error:
        return _form(None, typed, _problems(error), 422)
    return _handed_over(user, accounts.invite(actor(), user.id), invitation=True)


def _problems(error: Any) -> form_values.Problems:
    """A name and an address are taken in the same way: the sentence says which it is."""
    at = "email" if isinstance(error, Conflict) and "account for" in error.message else "name"
    return form_values.problems(error, words=WORDS, otherwise=at)


@blueprint.post("/team/<int:user_id>/link")
def link(user_id: int) -> ResponseReturnValue:
    """Another invitation, or a link to choose a new password by."""
    user = accounts.get(actor(), user_id)
    if user.password_hash is None:
        return _handed_over(user, accounts.invite(actor(), user_id), invitation=True)
    return _handed_over(user, accounts.reset_link(actor(), user_id), invitation=False)


def _handed_over(user: User, made: Link, *, invitation: bool) -> ResponseReturnValue:
    """Shown once, here: the link stands in no table."""
    context = {"person": accounts.serialize(user), "link": made, "invitation": invitation}
    if not by_htmx():
        return page("team/link.html", here="team", **context)
    return form_values.with_more(part("team/_link.html", **context), _list_partial())


@blueprint.get("/team/<int:user_id>/edit")
def form(user_id: int) -> ResponseReturnValue:
    user = accounts.get(actor(), user_id)
    return _form(user, _present(user))


def _present(user: User) -> dict[str, str]:
    return {"name": user.name, "email": user.email}


@blueprint.post("/team/<int:user_id>/edit")
def edit(user_id: int) -> ResponseReturnValue:
    typed = form_values.typed("name", "email")
    try:
        really = form_values.changed(typed, _present(accounts.get(actor(), user_id)))
        user = accounts.edit(actor(), user_id, UserPatch.model_validate(really).changes())
    except form_values.REFUSALS as error:
        return _form(accounts.get(actor(), user_id), typed, _problems(error), 422)
    if not by_htmx():
        return see("/team")
    return dialog_done(_list_partial(), toast(f"Saved {user.name}."))


def _form(
    user: User | None, typed: dict[str, str], problems: form_values.Problems | None = None, status: int = 200
) -> ResponseReturnValue:
    context = {"person": user, "typed": typed, "problems": problems or {}, "roles": ROLES}
    if by_htmx():
        return part("team/_form.html", status, **context)
    return page("team/form.html", here="team", status=status, **context)


@blueprint.post("/team/<int:user_id>/role")
def set_role(user_id: int) -> ResponseReturnValue:
    role = chosen(Role, "role", request.form.get("role", ""))
    return _tried(user_id, {"role": role}, f"is now {'an admin' if role == Role.ADMIN else 'a member'}.")


@blueprint.post("/team/<int:user_id>/active")
def activate(user_id: int) -> ResponseReturnValue:
    active = request.form.get("is_active") == "1"
    words = "may sign in again." if active else "is signed out everywhere and cannot sign in."
    return _tried(user_id, {"is_active": active}, words)


def _tried(user_id: int, changes: dict[str, Any], words: str) -> ResponseReturnValue:
    """A change in place. When it is refused, the row shows again how it really is, and a toast says why."""
    try:
        user = accounts.edit(actor(), user_id, changes)
    except (Conflict, ValidationError) as error:
        if not by_htmx():
            raise
        return _changed(user_id, toast(getattr(error, "message", str(error)), "danger"))
    return _changed(user_id, toast(f"{user.name} {words}"))


@blueprint.get("/team/<int:user_id>/close")
def ask(user_id: int) -> ResponseReturnValue:
    return _asked(user_id)


@blueprint.post("/team/<int:user_id>/close")
def close(user_id: int) -> ResponseReturnValue:
    name = accounts.get(actor(), user_id).name
    try:
        accounts.close(actor(), user_id)
    except Conflict as error:
        return _asked(user_id, error.message, 422)
    if not by_htmx():
        return see("/team")
    return dialog_done(_list_partial(), toast(f"Closed the account of {name}."))


def _asked(user_id: int, problem: str = "", status: int = 200) -> ResponseReturnValue:
    context = {"person": accounts.serialize(accounts.get(actor(), user_id)), "problem": problem}
    if by_htmx():
        return part("team/_close.html", status, **context)
    return page("team/close.html", here="team", status=status, **context)
