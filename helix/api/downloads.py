"""OpenAPI responses of file downloads. Their content type is only known at run time."""

from typing import Any

OCTETS = "application/octet-stream"
_BYTES = {"schema": {"type": "string", "format": "binary"}}
FILE_RESPONSE: Any = {
    "description": "The file. Its Content-Type depends on its content and is often not the first one listed here.",
    # Client generators use the first type they know: by this one, every file is bytes, even one that contains JSON.
    "content": {OCTETS: _BYTES, "*/*": _BYTES},
}
ARCHIVE_RESPONSE: Any = {
    "description": "A .zip: data/*.jsonl, one JSON object a line; files/*; export.json about them",
    "content": {"application/zip": _BYTES, OCTETS: _BYTES},
}
