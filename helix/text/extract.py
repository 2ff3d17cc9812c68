"""The words of an attachment, for a prompt and for search: markdown, text, CSV, JSON, PDF and Word."""

import io
import re
import time
import zipfile
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

LARGEST = 25 * 1024 * 1024
MOST_PAGES = 300
SECONDS = 10
# What a Word document may unpack to; python-docx would read it all at once.
LARGEST_UNPACKED = 60 * 1024 * 1024

PDF = "application/pdf"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


class Extracted(NamedTuple):
    """`text` is None where there is none to be had; `reason` says why, and also where a text was cut."""

    text: str | None
    reason: str | None = None


class _Refused(Exception):
    """Why a file is not read: the sentence for a person."""


def can_extract(content_type: str) -> bool:
    """Whether files of this kind have words that we can read."""
    return content_type in _READERS or _is_text(content_type)


def extract_text(content: bytes, content_type: str, limit: int) -> Extracted:
    """The first `limit` characters of a file of this kind (as told from its content). Never raises for a bad file.

    Reading stops at `limit`, at 300 pages and, between pages, after 10 s. Run it in a worker: one hostile page may
    still take long, and the worker's own time limit ends that.
    """
    reader = _READERS.get(content_type) or (_plain if _is_text(content_type) else None)
    if reader is None:
        return Extracted(None, "Files of this kind have no text that can be read.")
    if len(content) > LARGEST:
        return Extracted(None, f"The file is too large to be read: at most {LARGEST // 1024 // 1024} MB.")
    try:
        return _gathered(reader(content), limit)
    except _Refused as refusal:
        return Extracted(None, str(refusal))
    except MemoryError:
        return Extracted(None, "The file needs too much memory to be read.")
    except Exception:  # noqa: BLE001
        # The libraries meet damaged files with dozens of kinds of errors, and a run must go on without the file.
        return Extracted(None, "The file is damaged and could not be read.")


def _is_text(content_type: str) -> bool:
    return content_type.startswith("text/") or content_type == "application/json"


def _gathered(pieces: Iterable[str], limit: int) -> Extracted:
    started, found, length = time.monotonic(), [], 0
    for piece in pieces:
        found.append(piece)
        length += len(piece)
        if length > limit:
            return Extracted("".join(found)[:limit], f"Only the first {limit:,} characters were read.")
        if time.monotonic() - started > SECONDS:
            return Extracted("".join(found), f"Only what could be read in {SECONDS} seconds was taken.")
    text = "".join(found).strip()
    return Extracted(text) if text else Extracted(None, "The file holds no text; it may be a scan or pictures.")


def _plain(content: bytes) -> Iterator[str]:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = content.decode("utf-16")
    else:
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = content.decode("cp1252", errors="replace")
    if "\0" in text:
        raise _Refused("The file is no text.")
    yield text.replace("\r\n", "\n")


def _pdf(content: bytes) -> Iterator[str]:
    from pypdf import PdfReader

    reader = PdfReader(io.BytesIO(content))
    if reader.is_encrypted and not reader.decrypt(""):
        raise _Refused("The PDF is protected by a password.")
    for number, page in enumerate(reader.pages):
        if number >= MOST_PAGES:
            yield f"\n[The pages after the first {MOST_PAGES} were not read.]"
            return
        yield _clean(page.extract_text()) + "\n\n"


def _word(content: bytes) -> Iterator[str]:
    import docx
    from docx.table import Table

    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = archive.infolist()
        # zipfile stops at the size that the table of contents states, so this sum cannot be lied about.
        if len(members) > 2000 or sum(member.file_size for member in members) > LARGEST_UNPACKED:
            raise _Refused("The document unpacks to far more than it seems, so it was not read.")
    for block in docx.Document(io.BytesIO(content)).iter_inner_content():
        if isinstance(block, Table):
            for row in block.rows:
                yield _clean(" | ".join(cell.text for cell in row.cells)) + "\n"
        else:
            yield _clean(block.text) + "\n"


def _clean(text: str) -> str:
    """Without the control characters that documents hold and databases refuse."""
    return re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]", "", text)


_READERS: dict[str, Callable[[bytes], Iterator[str]]] = {PDF: _pdf, WORD: _word}
