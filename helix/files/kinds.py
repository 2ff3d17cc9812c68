"""Detects the content type of a file from its content, never from its name.

Everything that a browser could run (HTML, SVG, XML), and every file that is valid as two types at once, is
`application/octet-stream`.
"""

import csv
import json
import re
from typing import BinaryIO

from helix.text.encodings import decoded

UNKNOWN = "application/octet-stream"
HEAD = 16 * 1024
TAIL = 66 * 1024

_OFFICE = "application/vnd.openxmlformats-officedocument."
KNOWN = {
    "image/jpeg",
    "image/png",
    "image/gif",
    "image/webp",
    "audio/mpeg",
    "audio/ogg",
    "audio/x-wav",
    "video/mp4",
    "video/webm",
    "video/quicktime",
    "application/pdf",
    "application/zip",
    "application/gzip",
    _OFFICE + "wordprocessingml.document",
    _OFFICE + "spreadsheetml.sheet",
    _OFFICE + "presentationml.presentation",
}
# Every possible result.
KINDS = KNOWN | {UNKNOWN, "text/plain", "text/markdown", "text/csv", "application/json"}
# Types that are zip archives.
ARCHIVES = {kind for kind in KNOWN if kind.startswith(_OFFICE)} | {"application/zip"}

# Browsers treat content that begins like this as markup; a tag in the middle of a text is text.
_MARKUP = re.compile(r"\s*<\s*(?:!doctype|!--|\?|[a-z][a-z0-9:-]*(?:\s[^<>]*)?/?>)", re.IGNORECASE)
_MARKDOWN = re.compile(r"^(?:#{1,6} \S|```|~~~|- \[[ xX]\] |\[[^\]\n]+\]\(|[-*] \*\*|\|[ :|-]*---)", re.MULTILINE)


def preload() -> None:
    """Import what recognizes files, so that forked processes share its memory."""
    content_type(b"text")


def content_type(content: bytes | BinaryIO) -> str:
    """The content type, such as `image/png`. A stream is read at both ends and rewound."""
    head, tail = _ends(content)
    if not head:
        return "text/plain"
    import filetype  # it imports a module per type, so only when needed

    guess = filetype.guess_mime(head)
    if guess:
        return guess if guess in KNOWN and not _is_polyglot(guess, head, tail) else UNKNOWN
    text = decoded(head)
    if text is None or _MARKUP.match(text):
        return UNKNOWN
    return _kind_of_text(text, whole=len(head) < HEAD)


def _ends(content: bytes | BinaryIO) -> tuple[bytes, bytes]:
    if isinstance(content, bytes):
        return content[:HEAD], content[-TAIL:]
    size = content.seek(0, 2)
    content.seek(max(0, size - TAIL))
    tail = content.read(TAIL)
    content.seek(0)
    head = content.read(HEAD)
    content.seek(0)
    return head, tail


def _is_polyglot(kind: str, head: bytes, tail: bytes) -> bool:
    """Whether a file is an archive as well, or has markup where a browser looks for it."""
    if kind == "application/pdf" and not head.startswith(b"%PDF-"):
        return True
    if kind not in ARCHIVES and b"PK\x05\x06" in tail:
        return True
    if kind != "application/pdf" and b"%PDF-" in head[:1024]:
        return True
    # Browsers sniff the first 1,445 bytes; XMP metadata has no such tags.
    return re.search(rb"<\s*(?:!doctype html|html|script|svg|iframe|\?php)", head[:4096], re.IGNORECASE) is not None


def _kind_of_text(text: str, *, whole: bool) -> str:
    start = text.lstrip()[:1]
    if whole and start in ("{", "["):
        try:
            json.loads(text)
        except (ValueError, RecursionError):
            start = ""
        else:
            return "application/json"
    if text.startswith(("---\n", "---\r\n")) or _MARKDOWN.search(text):
        return "text/markdown"
    return "text/csv" if _is_table(text, whole=whole) else "text/plain"


def _is_table(text: str, *, whole: bool) -> bool:
    """Whether there are at least two lines, all with the same number of cells, two or more, for one separator."""
    lines = text.splitlines()[:50]
    if not whole and lines:
        lines = lines[:-1]
    for separator in (",", ";", "\t"):
        try:
            widths = {len(row) for row in csv.reader(lines, delimiter=separator) if row}
        except csv.Error:
            continue
        if len(lines) >= 2 and len(widths) == 1 and widths.pop() >= 2:
            return True
    return False
