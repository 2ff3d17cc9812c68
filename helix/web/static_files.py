"""Static files under an address that changes with their content: /static/<version>/js/app.js.

One version for the whole folder, so that what the files say to one another (`import "./toasts.js"`,
`url("../vendor/...")`) stays relative and is cached for ever as well.
WhiteNoise, where it stands in front, serves the same addresses.
"""

import gzip
import hashlib
import mimetypes
from functools import cache
from pathlib import Path

from flask import Flask, Response, abort, request, send_from_directory
from werkzeug.security import safe_join

from helix.resources import STATIC

FOR_EVER = "public, max-age=31536000, immutable"


@cache
def version() -> str:
    """Ten letters out of the names and contents of all static files: alike on every machine of an installation."""
    digest = hashlib.sha256()
    for path in sorted(STATIC.rglob("*")):
        if path.is_file() and path.suffix not in {".gz", ".br"}:
            digest.update(str(path.relative_to(STATIC)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:10]


def static(path: str) -> str:
    """The address of a file: `static("js/app.js")`."""
    return f"/static/{version()}/{path}"


def _takes_gzip(name: str) -> bool:
    return name.endswith((".css", ".js", ".svg")) and request.accept_encodings["gzip"] > 0


def _packed(name: str) -> Response:
    """A text file, compressed once a process. Raises NotFound for what is not in the folder."""
    path = safe_join(str(STATIC), name)
    if path is None or not Path(path).is_file():
        abort(404)
    answer = Response(_gzip(path), mimetype=mimetypes.guess_type(name)[0])
    answer.headers["Content-Encoding"] = "gzip"
    answer.vary.add("Accept-Encoding")
    return answer


@cache
def _gzip(path: str) -> bytes:
    return gzip.compress(Path(path).read_bytes(), 9, mtime=0)


def register(app: Flask) -> None:
    """Adds the template global `static` and the route. In debug the version stays 0 and nothing is cached."""
    debug = app.debug
    app.jinja_env.globals["static"] = (lambda path: f"/static/0/{path}") if debug else static

    def static_file(tag: str, name: str) -> Response:
        answer = _packed(name) if not debug and _takes_gzip(name) else send_from_directory(STATIC, name)
        answer.headers["Cache-Control"] = FOR_EVER if tag == version() and not debug else "no-cache"
        return answer

    # Not by `app.get`: flask-openapi3 has that one validate what the view takes.
    app.add_url_rule("/static/<tag>/<path:name>", view_func=static_file)
