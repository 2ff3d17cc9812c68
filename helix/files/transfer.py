"""Uploads and downloads over HTTP, for the API and the pages: size limits and response headers."""

from collections.abc import Callable, Mapping
from typing import BinaryIO

from flask import Response, request, send_file

from helix.errors import TooLarge, WrongMediaType
from helix.files.store import size_in_words

# Bytes. What a multipart form may add to the file.
FORM_OVERHEAD = 64 * 1024


def taking(limits: Mapping[str, Callable[[], int]], *, refuse_other_bodies: bool = True) -> Callable[[], None]:
    """A `before_request` for a blueprint. `limits` gives the largest file in bytes by view name.

    With `refuse_other_bodies`, raises WrongMediaType for requests that are no multipart form. Pages turn that off,
    because they report a missing file themselves.
    """

    def check() -> None:
        limit_of = limits.get((request.endpoint or "").rpartition(".")[2])
        if limit_of is None:
            return
        if refuse_other_bodies and request.mimetype != "multipart/form-data":
            raise WrongMediaType("Send the file as multipart/form-data, in the field `file`.")
        limit = limit_of()
        if (request.content_length or 0) > limit + FORM_OVERHEAD:
            raise TooLarge(f"This file is too large: at most {size_in_words(limit)}.")
        # A body without Content-Length is limited while it is read.
        request.max_content_length = limit + FORM_OVERHEAD

    return check


def attachment(content: BinaryIO, *, name: str, content_type: str) -> Response:
    """A download under the file's own name (RFC 6266), which browsers never render on our origin."""
    response = send_file(content, mimetype=content_type, as_attachment=True, download_name=name, etag=False)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = "private, no-cache"
    return response
