"""Files in and out over HTTP, for both doors: how large they may be before anything is read, and how they leave."""

from collections.abc import Callable, Mapping
from typing import BinaryIO

from flask import Response, request, send_file

from helix.errors import TooLarge, WrongMediaType
from helix.files.store import size_in_words

# The form around a file adds little to it.
AROUND = 64 * 1024


def taking(limits: Mapping[str, Callable[[], int]], *, refuse_other_bodies: bool = True) -> Callable[[], None]:
    """A `before_request` for a section. `limits` gives, by view, how many bytes its file may have.

    A page says in its own words that no file was chosen: there, other bodies than forms with files are not refused.
    """

    def check() -> None:
        limit_of = limits.get((request.endpoint or "").rpartition(".")[2])
        if limit_of is None:
            return
        if refuse_other_bodies and request.mimetype != "multipart/form-data":
            raise WrongMediaType("Send the file as multipart/form-data, in the field `file`.")
        limit = limit_of()
        if (request.content_length or 0) > limit + AROUND:
            raise TooLarge(f"This file is too large: at most {size_in_words(limit)}.")
        # What does not say how long it is ends while it is read.
        request.max_content_length = limit + AROUND

    return check


def attachment(content: BinaryIO, *, name: str, content_type: str) -> Response:
    """A download with the file's own name (RFC 6266), which no browser shows as a page of ours."""
    response = send_file(content, mimetype=content_type, as_attachment=True, download_name=name, etag=False)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = "private, no-cache"
    return response
