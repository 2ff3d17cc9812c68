"""Blueprints of the HTML pages, and helpers for their responses: pages, partials, redirects and toasts.

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

from helix.policies import administration
from helix.policies.actor import Actor
from helix.services import navigation, sidebar
from helix.web import form_keys, session


def signed_in_blueprint(name: str) -> Blueprint:
    """A blueprint that requires a session and makes posted forms idempotent."""
    blueprint = form_keys.FormBlueprint(f"web_{name}", __name__)
    blueprint.before_request(_sign_in)
    return blueprint


def public_blueprint(name: str) -> Blueprint:
    """A blueprint that needs no session."""
    return Blueprint(f"web_{name}", __name__)


def actor() -> Actor:
    """The signed-in user who sent this request. Only within a `signed_in_blueprint`."""
    return g.actor


def is_htmx_request() -> bool:
    """Whether htmx asks for a partial; False when the browser loads a page."""
    return request.headers.get("HX-Request-Type") == "partial"


def layout_context() -> navigation.PageContext:
    """The data of the layout (viewer, sidebar, counters), read once per request."""
    if "around" not in g:
        g.around = navigation.page_context(actor())
    return g.around


def render_page(
    template: str, *, here: str = "", part: str | None = None, status: int = 200, **context: Any
) -> Response:
    """Render the page in the layout; for htmx, only the block `part` of it. `here` marks an entry of the sidebar."""
    if part and is_htmx_request():
        return make_response(render_block(template, part, **context), status)
    frame = layout_context()
    viewer = frame.user
    return make_response(
        render_template(
            template,
            viewer={
                "id": viewer.id,
                "name": viewer.name,
                "email": viewer.email,
                "is_admin": administration.may_administer(actor()),
                "avatar_url": viewer.avatar_url,
                "theme": None if viewer.theme == "system" else viewer.theme,
            },
            org_name=frame.organization.name,
            nav=navigation_context(frame),
            here=here,
            **context,
        ),
        status,
    )


def navigation_context(frame: navigation.PageContext) -> dict[str, Any]:
    """What the sidebar and the bell show."""
    arranged = sidebar.arrangement(frame.preferences)
    return {
        "departments": frame.sidebar(),
        "inbox_count": frame.inbox,
        "unread_count": 0 if frame.snoozed_until else frame.unread,
        "snoozed_until": frame.snoozed_until,
        "favourites": sidebar.favourites(actor(), arranged.starred),
        "starred": arranged.starred,
        "folded": arranged.folded,
        "width": arranged.width,
        "admin": administration.may_administer(actor()),
    }


def render_partial(template: str, status: int = 200, **context: Any) -> Response:
    """Render a partial, a template with one root element, for htmx to swap into the page."""
    return make_response(render_template(template, **context), status)


def render_fragment(template: str, name: str, **context: Any) -> Response:
    return make_response(render_block(template, name, **context))


def render_toast(message: str, tone: str = "ok", **more: Any) -> str:
    """HTML of a toast, to be appended to a response. `href` adds a link, `undo` {url, label, values} a button."""
    return render_template("toast_partial.html", message=message, tone=tone, more=more)


def toast_header(text: str, tone: str = "ok", **more: Any) -> dict[str, str]:
    """A toast as a response header, for responses without HTML to swap and for actions with an undo button."""
    return trigger_events({"toast": toast_event(text, tone, **more)})


def toast_event(text: str, tone: str = "ok", **more: Any) -> dict[str, Any]:
    """The data of a toast. A toast replaces an older one of the same `kind`; `undo` comes from boards/undo.py."""
    return {"text": text, "tone": tone} | more


def flash_toast(text: str, tone: str = "ok", **more: Any) -> None:
    """Show a toast on the next page. `undo` comes from boards/undo.py."""
    flash({"text": text} | more, tone)  # type: ignore[arg-type]


def trigger_events(events: dict[str, Any]) -> dict[str, str]:
    """The HX-Trigger header that makes htmx fire these events on the page."""
    return {"HX-Trigger": json.dumps(events)}


def close_dialog(*more: str) -> Response:
    """A response that closes the dialog and adds `more` HTML, such as toasts."""
    answer = make_response("".join(more))
    answer.headers["HX-Reswap"] = "delete"
    return answer


def append_html(answer: Response, *more: str) -> Response:
    """Append HTML to a response: toasts, and partials that update other elements of the page."""
    answer.set_data(answer.get_data(as_text=True) + "".join(more))
    return answer


def redirect_to(address: str) -> ResponseReturnValue:
    """Redirect to `address`: 303 for a plain form, the HX-Redirect header for htmx."""
    if is_htmx_request():
        return "", 200, {"HX-Redirect": address}
    return redirect(address, 303)


def local_path(address: str | None, otherwise: str = "/") -> str:
    """`address` if it is a path on this host, else `otherwise`. Prevents open redirects."""
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
    session.record_use(here)
    return None


def _to_the_sign_in() -> ResponseReturnValue:
    """Redirect a page to the sign-in page, which leads back. Scripts get a 401."""
    if is_htmx_request() or request.headers.get("HX-Request"):
        at = urlsplit(request.headers.get("HX-Current-URL", ""))
        return "", 401, {"HX-Redirect": _sign_in_address(f"{at.path}?{at.query}" if at.query else at.path)}
    if not accepts_html():
        return {"detail": "Sign in first."}, 401
    if request.method not in ("GET", "HEAD"):
        return redirect("/sign-in", 303)
    return redirect(_sign_in_address(request.full_path.rstrip("?")), 302)


def accepts_html() -> bool:
    """Whether the client accepts HTML; False for images and scripts."""
    accepted = request.headers.get("Accept", "text/html")
    return "text/html" in accepted


def _sign_in_address(back: str) -> str:
    back = local_path(back)
    return "/sign-in" if back == "/" else f"/sign-in?{urlencode({'next': back})}"
