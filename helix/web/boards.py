"""The list of departments and boards."""

from flask.typing import ResponseReturnValue

from helix.web.door import actor, around, page, section

door = section("boards")
DOORS = (door,)


@door.get("/boards")
def index() -> ResponseReturnValue:
    return page("boards/index.html", here="boards", departments=around().departments(), actor=actor())
