"""The people: list, invite, edit, roles, and one-time links. Admins only."""

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
from helix.web import forms, paging
from helix.web.admins import require_admin
from helix.web.blueprint import (
    actor,
    append_html,
    close_dialog,
    is_htmx_request,
    redirect_to,
    render_page,
    render_partial,
    render_toast,
    signed_in_blueprint,
)
from helix.web.forms import parse_choice

blueprint = signed_in_blueprint("team")
blueprint.before_request(require_admin)
BLUEPRINTS = (blueprint,)
PAGE_SIZE = 50
ROLES = [("member", "Member"), ("admin", "Admin")]
MESSAGES = {"name": "Enter a name of 1 to 80 characters.", "email": "Write an e-mail address such as mia@example.com."}


@blueprint.get("/team")
def index() -> ResponseReturnValue:
    if is_htmx_request():
        return render_partial("team/_list.html", **_listed())
    return render_page("team/index.html", here="team", tab="people", **_listed())


def _listed() -> dict[str, Any]:
    total = accounts.count(actor())
    found = accounts.list_users(actor(), limit=PAGE_SIZE, offset=paging.offset(PAGE_SIZE))
    return {
        "people": _rows(found),
        **paging.pager_context(total, PAGE_SIZE),
        "is_alone": total == 1,
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
    """After a change: the updated row."""
    if not is_htmx_request():
        return redirect_to("/team")
    row = _rows([accounts.get(actor(), user_id)])[0]
    return append_html(render_partial("team/_row.html", person=row, roles=ROLES), *toasts)


def _list_partial() -> str:
    return render_partial("team/_list_partial.html", **_listed()).get_data(as_text=True)


@blueprint.get("/team/invite")
def new() -> ResponseReturnValue:
    return _form(None, {"role": "member"})


@blueprint.post("/team/invite")
def invite() -> ResponseReturnValue:
    """Create an account without a password, and a one-time link to choose one."""
    typed = forms.posted_fields("name", "email", "role")
    try:
        sent = UserIn.model_validate(typed)
        user = accounts.create(actor(), **sent.model_dump())
    except forms.FORM_ERRORS as error:
        return _form(None, typed, _problems(error), 422)
    return _show_link(user, accounts.invite(actor(), user.id), invitation=True)


def _problems(error: Any) -> forms.FieldErrors:
    """Name and address conflicts raise the same error; the message tells which field it is about."""
    at = "email" if isinstance(error, Conflict) and "account for" in error.message else "name"
    return forms.error_messages(error, words=MESSAGES, otherwise=at)


@blueprint.post("/team/<int:user_id>/link")
def link(user_id: int) -> ResponseReturnValue:
    """Create a new invitation, or a password reset link."""
    user = accounts.get(actor(), user_id)
    if user.password_hash is None:
        return _show_link(user, accounts.invite(actor(), user_id), invitation=True)
    return _show_link(user, accounts.reset_link(actor(), user_id), invitation=False)


def _show_link(user: User, made: Link, *, invitation: bool) -> ResponseReturnValue:
    """Show the link. Only here: the database stores just its hash."""
    context = {"person": accounts.serialize(user), "link": made, "invitation": invitation}
    if not is_htmx_request():
        return render_page("team/link.html", here="team", **context)
    return append_html(render_partial("team/_link.html", **context), _list_partial())


@blueprint.get("/team/<int:user_id>/edit")
def form(user_id: int) -> ResponseReturnValue:
    user = accounts.get(actor(), user_id)
    return _form(user, _present(user))


def _present(user: User) -> dict[str, str]:
    return {"name": user.name, "email": user.email}


@blueprint.post("/team/<int:user_id>/edit")
def edit(user_id: int) -> ResponseReturnValue:
    typed = forms.posted_fields("name", "email")
    try:
        changed = forms.changed_fields(typed, _present(accounts.get(actor(), user_id)))
        user = accounts.edit(actor(), user_id, UserPatch.model_validate(changed).changes())
    except forms.FORM_ERRORS as error:
        return _form(accounts.get(actor(), user_id), typed, _problems(error), 422)
    if not is_htmx_request():
        return redirect_to("/team")
    return close_dialog(_list_partial(), render_toast(f"Saved {user.name}."))


def _form(
    user: User | None, typed: dict[str, str], problems: forms.FieldErrors | None = None, status: int = 200
) -> ResponseReturnValue:
    context = {"person": user, "typed": typed, "problems": problems or {}, "roles": ROLES}
    if is_htmx_request():
        return render_partial("team/_form.html", status, **context)
    return render_page("team/form.html", here="team", status=status, **context)


@blueprint.post("/team/<int:user_id>/role")
def set_role(user_id: int) -> ResponseReturnValue:
    role = parse_choice(Role, "role", request.form.get("role", ""))
    return _update_row(user_id, {"role": role}, f"is now {'an admin' if role == Role.ADMIN else 'a member'}.")


@blueprint.post("/team/<int:user_id>/active")
def activate(user_id: int) -> ResponseReturnValue:
    active = request.form.get("is_active") == "1"
    words = "may sign in again." if active else "is signed out everywhere and cannot sign in."
    return _update_row(user_id, {"is_active": active}, words)


def _update_row(user_id: int, changes: dict[str, Any], words: str) -> ResponseReturnValue:
    """Apply a change made in the row. If it is refused, show the stored state and the reason as a toast."""
    try:
        user = accounts.edit(actor(), user_id, changes)
    except (Conflict, ValidationError) as error:
        if not is_htmx_request():
            raise
        return _changed(user_id, render_toast(getattr(error, "message", str(error)), "danger"))
    return _changed(user_id, render_toast(f"{user.name} {words}"))


@blueprint.get("/team/<int:user_id>/close")
def ask(user_id: int) -> ResponseReturnValue:
    return _confirm_close(user_id)


@blueprint.post("/team/<int:user_id>/close")
def close(user_id: int) -> ResponseReturnValue:
    name = accounts.get(actor(), user_id).name
    try:
        accounts.close(actor(), user_id)
    except Conflict as error:
        return _confirm_close(user_id, error.message, 422)
    if not is_htmx_request():
        return redirect_to("/team")
    return close_dialog(_list_partial(), render_toast(f"Closed the account of {name}."))


def _confirm_close(user_id: int, problem: str = "", status: int = 200) -> ResponseReturnValue:
    context = {"person": accounts.serialize(accounts.get(actor(), user_id)), "problem": problem}
    if is_htmx_request():
        return render_partial("team/_close.html", status, **context)
    return render_page("team/close.html", here="team", status=status, **context)
