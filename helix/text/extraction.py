"""Extracts text from attachments, for prompts and search: markdown, text, CSV, JSON, PDF and Word.

PDF and Word are parsed in processes with limits, because a small file may need unlimited memory.
"""

import io
from typing import NamedTuple

from helix.limited_process import LimitExceeded, Limits, Rejected, WorkFailed, run
from helix.text.encodings import decoded
from helix.text.json_lines import Pieces, gathered

LARGEST = 25 * 1024 * 1024
# Per process. A long PDF is read by several processes in turn, as long as each one reads some pages.
LIMITS = Limits(seconds=2, output=8 * 1024 * 1024)
MOST_PROCESSES = 8

PDF = "application/pdf"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
DOCUMENTS = {PDF: "helix.text.pdf:read", WORD: "helix.text.word:read"}

TOO_COMPLEX = "It is too complex to read: it takes more than 2 s or 200 MB. Save it in a simpler form, or as text."
PARTLY_TOO_COMPLEX = "Only the beginning was read: the rest is too complex."
LONG = "Only the beginning was read: reading all of it takes too long."
PARTLY_DAMAGED = "Only the beginning was read: the rest is damaged."
DAMAGED = "The file is damaged and could not be read."
UNKNOWN_ENCODING = "The file is no text, or in no encoding that is known. Save it as UTF-8, then upload it again."
NO_TEXT = "The file holds no text; it may be a scan or pictures."


class Extracted(NamedTuple):
    """`text` is None if none could be extracted; `reason` says why, or why it is incomplete."""

    text: str | None
    reason: str | None = None


def can_extract(content_type: str) -> bool:
    """Whether text can be extracted from files of this type."""
    return content_type in DOCUMENTS or _is_text(content_type)


def extract_text(content: bytes, content_type: str, limit: int) -> Extracted:
    """The first `limit` characters of a file of this type. Never raises for an invalid file.

    Documents are parsed in separate processes, which takes up to some seconds: call it in a worker. Raises Unavailable
    if no process can be started.
    """
    if not can_extract(content_type):
        return Extracted(None, "Files of this kind have no text that can be read.")
    if len(content) > LARGEST:
        return Extracted(None, f"The file is too large to be read: at most {LARGEST // 1024 // 1024} MB.")
    if content_type == PDF:
        return _pdf(content, limit)
    if content_type == WORD:
        return _word(content, limit)
    text = decoded(content)
    if text is None:
        return Extracted(None, UNKNOWN_ENCODING)
    return _cut(text.replace("\r\n", "\n"), limit)


def _is_text(content_type: str) -> bool:
    return content_type.startswith("text/") or content_type == "application/json"


def _pdf(content: bytes, limit: int) -> Extracted:
    text, page = "", 0
    for _ in range(MOST_PROCESSES):
        try:
            pieces = _read(PDF, content, str(limit - len(text)), str(page))
        except LimitExceeded as error:
            with error.so_far as lines:
                return _with(text + gathered(lines).text, limit, otherwise=TOO_COMPLEX, note=PARTLY_TOO_COMPLEX)
        except Rejected as refusal:
            return Extracted(None, str(refusal))
        except WorkFailed:
            return _with(text, limit, otherwise=DAMAGED, note=PARTLY_DAMAGED)
        text += pieces.text
        if pieces.next_page is None:
            return _cut(text, limit)
        page = pieces.next_page
    return _with(text, limit, otherwise=NO_TEXT, note=LONG)


def _word(content: bytes, limit: int) -> Extracted:
    try:
        pieces = _read(WORD, content, str(limit))
    except LimitExceeded as error:
        with error.so_far as lines:
            return _with(gathered(lines).text, limit, otherwise=TOO_COMPLEX, note=PARTLY_TOO_COMPLEX)
    except Rejected as refusal:
        return Extracted(None, str(refusal))
    except WorkFailed:
        return Extracted(None, DAMAGED)
    return _cut(pieces.text, limit) if pieces.done else _with(pieces.text, limit, otherwise=TOO_COMPLEX, note=LONG)


def _read(kind: str, content: bytes, *arguments: str) -> Pieces:
    with run(DOCUMENTS[kind], io.BytesIO(content), *arguments, limits=LIMITS) as lines:
        return gathered(lines)


def _with(text: str, limit: int, *, otherwise: str, note: str) -> Extracted:
    """The result for a file that was read only partly."""
    return Extracted(text.strip()[:limit], note) if text.strip() else Extracted(None, otherwise)


def _cut(text: str, limit: int) -> Extracted:
    if len(text) > limit:
        return Extracted(text[:limit], f"Only the first {limit:,} characters were read.")
    return Extracted(text.strip()) if text.strip() else Extracted(None, NO_TEXT)
