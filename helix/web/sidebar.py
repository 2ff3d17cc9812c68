"""The boards of the sidebar and the number beside Inbox, as they are now: one request after any number of events."""

from flask import request
from flask.typing import ResponseReturnValue

from helix.web.blueprint import around, part, section

door = section("sidebar")
DOORS = (door,)


@door.get("/sidebar")
def counts() -> ResponseReturnValue:
    """`?here=board-4` is the entry that is marked."""
    frame = around()
    nav = {"departments": frame.sidebar(), "inbox_count": frame.inbox}
    return part("nav/_counts.html", nav=nav, here=request.args.get("here", ""))
