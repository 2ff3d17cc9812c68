"""How files of people are described: they leave as what they are, and their type is only known when they are read."""

from typing import Any

OCTETS = "application/octet-stream"
_BYTES = {"schema": {"type": "string", "format": "binary"}}
FILE_RESPONSE: Any = {
    "description": "The file. Its Content-Type is told from its content, and is often another than the first here.",
    # Generators of clients take the first that they know: by it, every file is bytes, one that holds JSON included.
    "content": {OCTETS: _BYTES, "*/*": _BYTES},
}
ARCHIVE_RESPONSE: Any = {
    "description": "A .zip: data/*.jsonl, one JSON object a line; files/*; export.json about them",
    "content": {"application/zip": _BYTES, OCTETS: _BYTES},
}
