"""How the sections of the pages are made: they sign in, refuse and answer alike.

blueprint = signed_in_blueprint("boards")

@blueprint.get("/boards/<int:board_id>")
def show(board_id: int) -> ResponseReturnValue:
    return page("boards/board.html", here=f"board-{board_id}", board=boards.get(actor(), board_id))
"""

import json
from typing import Any
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, flash, g, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from jinja2_fragments.flask import render_block

from helix.policies.actor import Actor
from helix.services import navigation
from helix.web import form_keys, session


def signed_in_blueprint(name: str) -> Blueprint:
    """Pages for those who are signed in."""
    blueprint = form_keys.FormBlueprint(f"web_{name}", __name__)
    blueprint.before_request(_sign_in)
    return blueprint


def public_blueprint(name: str) -> Blueprint:
    """Pages for everybody."""
    return Blueprint(f"web_{name}", __name__)


def actor() -> Actor:
    """Who sent this request. Only within a `signed_in_blueprint`."""
    return g.actor


def by_htmx() -> bool:
    """Asked by a script of ours for a part, not by a person for a page."""
    return request.headers.get("HX-Request-Type") == "partial"


def around() -> navigation.PageContext:
    """What stands around the page, read once a request."""
    if "around" not in g:
        g.around = navigation.page_context(actor())
    return g.around


def page(template: str, *, here: str = "", part: str | None = None, status: int = 200, **context: Any) -> Response:
    """The whole page; or, when htmx asks for it, only the block `part` of it."""
    if part and by_htmx():
        return make_response(render_block(template, part, **context), status)
    frame = around()
    viewer = frame.user
    return make_response(
        render_template(
            template,
            viewer={
                "id": viewer.id,
                "name": viewer.name,
                "email": viewer.email,
                "role": viewer.role,
                "avatar_url": viewer.avatar_url,
                "theme": viewer.theme,
            },
            org_name=frame.organization.name,
            nav={
                "departments": frame.sidebar(),
                "inbox_count": frame.inbox,
                "unread_count": frame.unread,
            },
            here=here,
            **context,
        ),
        status,
    )


def part(template: str, status: int = 200, **context: Any) -> Response:
    """A template with one root, for htmx to put into the page."""
    return make_response(render_template(template, **context), status)


def block(template: str, name: str, **context: Any) -> Response:
    return make_response(render_block(template, name, **context))


def toast(message: str, tone: str = "ok", **more: Any) -> str:
    """To be appended to an answer: a toast, with `href` to open what it tells of."""
    return render_template("toast_partial.html", message=message, tone=tone, more=more)


def toast_header(text: str, tone: str = "ok", **more: Any) -> dict[str, str]:
    """Likewise as a header, for answers that no page swaps in, and for all that can be undone."""
    return events({"toast": toast_event(text, tone, **more)})


def toast_event(text: str, tone: str = "ok", **more: Any) -> dict[str, Any]:
    """`kind`: it takes the place of one of its kind. `undo`: made by helix/web/boards/undo.py."""
    return {"text": text, "tone": tone} | more


def say_there(text: str, **more: Any) -> None:
    """As a toast of the page that is gone to next. `undo`: made by helix/web/boards/undo.py."""
    flash({"text": text} | more, "ok")  # type: ignore[arg-type]


def events(told: dict[str, Any]) -> dict[str, str]:
    """The header by which a script of the page hears these events."""
    return {"HX-Trigger": json.dumps(told)}


def dialog_done(*more: str) -> Response:
    """After a dialog's form: it goes away, and toasts come."""
    answer = make_response("".join(more))
    answer.headers["HX-Reswap"] = "delete"
    return answer


def see(address: str) -> ResponseReturnValue:
    """After a plain form: go and look. For htmx: have the browser go there."""
    if by_htmx():
        return "", 200, {"HX-Redirect": address}
    return redirect(address, 303)


def local(address: str | None, otherwise: str = "/") -> str:
    """An address of ours, or `otherwise`: never one that leads to another host."""
    if not address or not address.startswith("/") or address.startswith(("//", "/\\")):
        return otherwise
    if any(ord(letter) < 32 or letter == "\\" for letter in address):
        return otherwise
    parts = urlsplit(address)
    return otherwise if parts.scheme or parts.netloc else address


def _sign_in() -> ResponseReturnValue | None:
    here = session.visitor()
    if here is None:
        return _to_the_sign_in()
    g.actor = here.actor
    session.note_use(here)
    return None


def _to_the_sign_in() -> ResponseReturnValue:
    """A person is led to the sign-in page and back; a script is told by the status."""
    if by_htmx() or request.headers.get("HX-Request"):
        at = urlsplit(request.headers.get("HX-Current-URL", ""))
        return "", 401, {"HX-Redirect": _sign_in_address(f"{at.path}?{at.query}" if at.query else at.path)}
    if not wants_a_page():
        return {"detail": "Sign in first."}, 401
    if request.method not in ("GET", "HEAD"):
        return redirect("/sign-in", 303)
    return redirect(_sign_in_address(request.full_path.rstrip("?")), 302)


def wants_a_page() -> bool:
    """Asked by a person who opened an address, not for a picture or by a script."""
    accepted = request.headers.get("Accept", "text/html")
    return "text/html" in accepted


def _sign_in_address(back: str) -> str:
    back = local(back)
    return "/sign-in" if back == "/" else f"/sign-in?{urlencode({'next': back})}"
