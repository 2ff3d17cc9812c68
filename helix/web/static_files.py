"""Static files under an address that changes with their content: /static/<version>/dist/app.js.

One version for the whole folder, so that the addresses in stylesheets (`url("../vendor/...")`) stay relative and are
cached for good as well. Scripts and stylesheets are compressed once a process.
"""

import gzip
import hashlib
import mimetypes
from functools import cache
from pathlib import Path

from flask import Flask, Response, abort, request, send_from_directory
from werkzeug.security import safe_join

from helix.resources import STATIC

IMMUTABLE = "public, max-age=31536000, immutable"


@cache
def version() -> str:
    """Ten hexadecimal digits of a hash over all static files: the same on every machine of an installation."""
    digest = hashlib.sha256()
    for path in sorted(STATIC.rglob("*")):
        if path.is_file():
            digest.update(str(path.relative_to(STATIC)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:10]


def static(path: str) -> str:
    """The address of a file: `static("dist/app.js")`."""
    return f"/static/{version()}/{path}"


def _takes_gzip(name: str) -> bool:
    return name.endswith((".css", ".js", ".svg")) and request.accept_encodings["gzip"] > 0


def _compressed(name: str) -> Response:
    """A text file with gzip. Raises NotFound for a path that is not in the folder."""
    path = safe_join(str(STATIC), name)
    if path is None or not Path(path).is_file():
        abort(404)
    response = Response(_gzip(path), mimetype=mimetypes.guess_type(name)[0])
    response.headers["Content-Encoding"] = "gzip"
    response.vary.add("Accept-Encoding")
    return response


@cache
def _gzip(path: str) -> bytes:
    return gzip.compress(Path(path).read_bytes(), 9, mtime=0)


def register(app: Flask) -> None:
    """Adds the template global `static` and the route. In debug the version stays 0 and nothing is cached."""
    debug = app.debug
    app.jinja_env.globals["static"] = (lambda path: f"/static/0/{path}") if debug else static

    def static_file(tag: str, name: str) -> Response:
        response = _compressed(name) if not debug and _takes_gzip(name) else send_from_directory(STATIC, name)
        response.headers["Cache-Control"] = IMMUTABLE if tag == version() and not debug else "no-cache"
        return response

    # Not with `app.get`: flask-openapi3 would validate the arguments of the view.
    app.add_url_rule("/static/<tag>/<path:name>", view_func=static_file)
