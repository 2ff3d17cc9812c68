"""Avatar images. Their URLs are random and change with every picture, so browsers may cache them indefinitely."""

from flask import Blueprint, Response, send_file

from helix.errors import NotFound
from helix.services import accounts

blueprint = Blueprint("avatars", __name__)
BLUEPRINTS = (blueprint,)
YEAR = 365 * 24 * 3600


@blueprint.get("/avatars/<key>")
def show(key: str) -> Response:
    try:
        picture = accounts.avatar(key)
    except NotFound as error:
        # Plain text, because the client expects an image and not a page.
        return Response(error.message, 404, mimetype="text/plain")
    response = send_file(picture, mimetype=accounts.AVATAR_TYPE, etag=False)
    response.cache_control.public = True
    response.cache_control.max_age = YEAR
    response.cache_control.immutable = True
    response.cache_control.no_cache = None
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
