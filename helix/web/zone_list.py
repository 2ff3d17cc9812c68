"""The list of time zones, which a form fetches when somebody chooses one."""

from flask import make_response, render_template
from flask.typing import ResponseReturnValue

from helix import clock
from helix.text import zones
from helix.web.blueprint import public_blueprint

blueprint = public_blueprint("time_zones")
BLUEPRINTS = (blueprint,)


@blueprint.get("/time-zones")
def show() -> ResponseReturnValue:
    """The options of a datalist, with the present offset of each. May be cached: offsets change twice a year."""
    now = clock.now()
    found = [(name, zones.offset(name, now)) for name in zones.places()]
    answer = make_response(render_template("time_zone_options.html", zones=found))
    answer.headers["Cache-Control"] = "public, max-age=86400"
    return answer
