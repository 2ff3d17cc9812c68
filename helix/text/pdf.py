"""Extracts the text of a PDF, page by page. Runs in processes with limits (limited_process.py)."""

import time
from typing import BinaryIO

from pypdf import PdfReader

from helix.limited_process import Rejected
from helix.text.json_lines import Writer

MOST_PAGES = 300
# Processor time, checked between pages.
SECONDS = 1.0
PROTECTED = "The PDF is protected by a password."


def read(source: BinaryIO, target: BinaryIO, limit: str, first_page: str) -> None:
    """From the page with this number, counted from 0, until about `limit` characters or the time is up."""
    began, out = time.process_time(), Writer(target)
    document = PdfReader(source)
    if document.is_encrypted and not document.decrypt(""):
        raise Rejected(PROTECTED)
    for number in range(int(first_page), len(document.pages)):
        if number >= MOST_PAGES:
            out.text(f"\n[The pages after the first {MOST_PAGES} were not read.]")
            break
        out.text(document.pages[number].extract_text() + "\n\n")
        out.flush()
        if out.written > int(limit):
            break
        if time.process_time() - began > SECONDS and number + 1 < len(document.pages):
            out.end(next_page=number + 1)
            return
    out.end()
