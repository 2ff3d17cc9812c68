"""The live parts of the sidebar, and how a person arranges it: favourites, folded departments, width."""

from flask import request
from flask.typing import ResponseReturnValue

from helix.services import sidebar
from helix.web.blueprint import (
    actor,
    is_htmx_request,
    layout_context,
    local_path,
    navigation_context,
    redirect_to,
    render_partial,
    signed_in_blueprint,
)
from helix.web.forms import parse_id

blueprint = signed_in_blueprint("sidebar")
BLUEPRINTS = (blueprint,)


@blueprint.get("/sidebar")
def counts() -> ResponseReturnValue:
    """`?here=board-4` names the current entry."""
    here = request.args.get("here", "")
    return render_partial("nav/_counts.html", nav=navigation_context(layout_context()), here=here)


@blueprint.post("/sidebar/star")
def star() -> ResponseReturnValue:
    """Add (`on=1`) or remove a favourite: `key` is board-4, agent-17 or view-3. Answers the button and the sidebar."""
    key, on = request.form.get("key", ""), request.form.get("on") == "1"
    sidebar.star(actor(), key, on=on)
    if not is_htmx_request():
        return redirect_to(local_path(request.form.get("back")))
    nav = navigation_context(layout_context())
    return render_partial("nav/_star_answer.html", star_key=key, starred=on, nav=nav)


@blueprint.post("/sidebar/order")
def order() -> ResponseReturnValue:
    """`keys` are the favourites in their new order, with commas between."""
    sidebar.order(actor(), request.form.get("keys", "").split(","))
    return _done()


@blueprint.post("/sidebar/fold")
def fold() -> ResponseReturnValue:
    department_id = parse_id(request.form.get("department", ""), "department") or 0
    sidebar.fold(actor(), department_id, folded=request.form.get("folded") == "1")
    return _done()


@blueprint.post("/sidebar/width")
def width() -> ResponseReturnValue:
    sidebar.set_width(actor(), request.form.get("width", ""))
    return _done()


def _done() -> ResponseReturnValue:
    """The page has done it already; without a script, show the page again."""
    return ("", 204) if is_htmx_request() else redirect_to("/")
