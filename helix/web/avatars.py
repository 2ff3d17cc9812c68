"""Avatar images. Their URLs are random and change with every picture, so browsers may cache them indefinitely."""

from collections.abc import Callable, Mapping

from flask import Blueprint, Flask, Response, current_app, g, send_file

from helix.errors import NotFound
from helix.services import avatars

blueprint = Blueprint("avatars", __name__)
BLUEPRINTS = (blueprint,)
YEAR = 365 * 24 * 3600


def register(app: Flask, pictures: Callable[[], Mapping[int, str]] = avatars.of_agents) -> None:
    """`agent_picture(id)` for templates: the address of an agent's picture, or None.

    `pictures` gives the addresses by agent. It is called once in a request.
    """
    app.extensions["agent_pictures"] = pictures
    app.jinja_env.globals["agent_picture"] = agent_picture


def agent_picture(agent_id: int) -> str | None:
    if "agent_pictures" not in g:
        g.agent_pictures = current_app.extensions["agent_pictures"]()
    return g.agent_pictures.get(agent_id)


@blueprint.get("/avatars/<key>")
def show(key: str) -> Response:
    try:
        picture = avatars.read(key)
    except NotFound as error:
        # Plain text, because the client expects an image and not a page.
        return Response(error.message, 404, mimetype="text/plain")
    response = send_file(picture, mimetype=avatars.CONTENT_TYPE, etag=False)
    response.cache_control.public = True
    response.cache_control.max_age = YEAR
    response.cache_control.immutable = True
    response.cache_control.no_cache = None
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
