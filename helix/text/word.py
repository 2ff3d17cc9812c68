"""Extracts the text of a Word document. Runs in a process with limits (limited_process.py).

The XML is parsed as a stream, without a tree and without table grids, so that memory is constant and time linear.
"""

import posixpath
import time
import zipfile
from typing import BinaryIO
from xml.etree import ElementTree
from xml.parsers import expat

from helix.limited_process import Rejected
from helix.text.json_lines import Writer

# Bytes that a document may unpack to, including pictures.
LARGEST_UNPACKED = 60 * 1024 * 1024
MOST_MEMBERS = 2000
LONGEST_RELATIONS = 1024 * 1024
# Processor time; the text read by then is kept.
SECONDS = 1.5
BOMB = "The document unpacks to far more than it seems, so it was not read."
DOCTYPE = "The document contains definitions that Word never writes, so it was not read."

_WORD = {
    "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    "http://purl.oclc.org/ooxml/wordprocessingml/main",
}
_FALLBACK = "http://schemas.openxmlformats.org/markup-compatibility/2006 Fallback"
_BREAKS = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
_PIECE = 64 * 1024


def read(source: BinaryIO, target: BinaryIO, limit: str) -> None:
    """Write the text, up to about `limit` characters, or until the time is up."""
    began, out = time.process_time(), Writer(target)
    with zipfile.ZipFile(source) as archive:
        members = archive.infolist()
        # zipfile stops at the stated sizes, so this sum is reliable.
        if len(members) > MOST_MEMBERS or sum(member.file_size for member in members) > LARGEST_UNPACKED:
            raise Rejected(BOMB)
        words = _Words(out)
        with archive.open(_main_part(archive)) as document:
            while piece := document.read(_PIECE):
                words.feed(piece)
                if out.written > int(limit):
                    break
                if time.process_time() - began > SECONDS:
                    out.end(next_page=0)
                    return
            else:
                words.feed(b"", last=True)
    out.end()


def _main_part(archive: zipfile.ZipFile) -> str:
    """The path of the main document: usually word/document.xml, but a package may name another one."""
    try:
        with archive.open("_rels/.rels") as file:
            relations = ElementTree.fromstring(file.read(LONGEST_RELATIONS))  # noqa: S314 - small, in a limited process
    except KeyError:
        return "word/document.xml"
    targets = (
        relation.get("Target", "") for relation in relations if relation.get("Type", "").endswith("/officeDocument")
    )
    return posixpath.normpath(next(targets, "word/document.xml").lstrip("/"))


class _Words:
    """Paragraphs as lines, rows of tables as lines with ` | ` between their cells."""

    def __init__(self, out: Writer) -> None:
        self._out = out
        self._tables = 0
        self._left_out = 0
        self._in_text = False
        self._line_ends = 0
        self._first_cell = self._first_paragraph = True
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._parser.StartDoctypeDeclHandler = self._refuse

    def feed(self, piece: bytes, *, last: bool = False) -> None:
        self._parser.Parse(piece, last)

    def _start(self, name: str, _attributes: dict[str, str]) -> None:
        # The same content again, for programs that do not support the first form.
        if name == _FALLBACK:
            self._left_out += 1
        element = _element(name)
        if self._left_out or not element:
            return
        if element == "t":
            self._in_text = True
        elif element in _BREAKS:
            self._out.text(_BREAKS[element])
        elif element == "tbl":
            self._tables += 1
        elif element == "tr" and self._tables == 1:
            self._first_cell = True
        elif element == "tc" and self._tables == 1:
            if not self._first_cell:
                self._line_ends = 0
                self._out.text(" | ")
            self._first_cell, self._first_paragraph = False, True
        elif element == "p" and self._tables:
            if not self._first_paragraph:
                self._end_line()
            self._first_paragraph = False

    def _end(self, name: str) -> None:
        if name == _FALLBACK:
            self._left_out -= 1
        element = _element(name)
        if self._left_out or not element:
            return
        if element == "t":
            self._in_text = False
        elif element == "tbl":
            self._tables -= 1
        elif (element == "p" and not self._tables) or (element == "tr" and self._tables == 1):
            self._end_line()

    def _end_line(self) -> None:
        """End the line, with at most one empty line in a row."""
        if self._line_ends < 2:
            self._out.text("\n")
            self._line_ends += 1

    def _text(self, text: str) -> None:
        if self._in_text and not self._left_out:
            self._line_ends = 0
            self._out.text(text)

    def _refuse(self, *_: object) -> None:
        raise Rejected(DOCTYPE)


def _element(name: str) -> str:
    """The local name of an element in Word's namespace, else an empty string."""
    namespace, _, local = name.rpartition(" ")
    return local if namespace in _WORD else ""
