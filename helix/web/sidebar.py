"""The live parts of the sidebar: boards with counts, and the number of inbox items."""

from flask import request
from flask.typing import ResponseReturnValue

from helix.web.blueprint import layout_context, render_partial, signed_in_blueprint

blueprint = signed_in_blueprint("sidebar")
BLUEPRINTS = (blueprint,)


@blueprint.get("/sidebar")
def counts() -> ResponseReturnValue:
    """`?here=board-4` names the current entry."""
    frame = layout_context()
    nav = {"departments": frame.sidebar(), "inbox_count": frame.inbox}
    return render_partial("nav/_counts.html", nav=nav, here=request.args.get("here", ""))
