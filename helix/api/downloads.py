"""Files that leave as files: never shown by a browser as a page of ours."""

from typing import BinaryIO

from flask import Response, send_file


def attachment(content: BinaryIO, *, name: str, content_type: str) -> Response:
    """A download with the file's own name (RFC 6266). The content is closed when it has been sent."""
    response = send_file(content, mimetype=content_type, as_attachment=True, download_name=name, etag=False)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = "private, no-cache"
    return response
