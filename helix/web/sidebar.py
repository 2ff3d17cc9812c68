"""The boards of the sidebar and the number beside Inbox, as they are now: one request after any number of events."""

from flask import request
from flask.typing import ResponseReturnValue

from helix.web.blueprint import layout_context, render_partial, signed_in_blueprint

blueprint = signed_in_blueprint("sidebar")
BLUEPRINTS = (blueprint,)


@blueprint.get("/sidebar")
def counts() -> ResponseReturnValue:
    """`?here=board-4` is the entry that is marked."""
    frame = layout_context()
    nav = {"departments": frame.sidebar(), "inbox_count": frame.inbox}
    return render_partial("nav/_counts.html", nav=nav, here=request.args.get("here", ""))
