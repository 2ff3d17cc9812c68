"""Responses are compressed with gzip: a page of three hundred cards becomes a tenth of its size."""

import gzip

from flask import Flask, Response, request

MINIMUM_SIZE = 1000  # bytes: below that, the headers cost more than compression saves
LEVEL = 5
TYPES = {
    "text/html",
    "text/css",
    "text/plain",
    "text/markdown",
    "text/csv",
    "text/javascript",
    "application/javascript",
    "application/json",
    "image/svg+xml",
}


def init_app(app: Flask) -> None:
    app.after_request(_compressed)


def _compressed(response: Response) -> Response:
    if response.mimetype not in TYPES:
        return response
    if "Vary" in response.headers:
        response.vary.add("Accept-Encoding")
    else:
        response.headers["Vary"] = "Accept-Encoding"
    if (
        response.status_code not in (200, 201, 409, 422)
        or response.is_streamed
        or response.direct_passthrough
        or "Content-Encoding" in response.headers
        or request.accept_encodings["gzip"] <= 0
        or (response.content_length or 0) < MINIMUM_SIZE
    ):
        return response
    response.set_data(gzip.compress(response.get_data(), LEVEL, mtime=0))
    response.headers["Content-Encoding"] = "gzip"
    etag, _weak = response.get_etag()
    if etag:
        # The bytes differ by encoding, the content does not: a weak ETag.
        response.set_etag(etag, weak=True)
    return response
