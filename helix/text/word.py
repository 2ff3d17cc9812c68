"""The words of a Word document. It runs in a process with limits (limited_process.py).

The XML is read as it streams by, without a tree and without the grid that cells may claim to span: a document of any
shape takes the same little memory, and time in proportion to its length.
"""

import posixpath
import time
import zipfile
from typing import BinaryIO
from xml.etree import ElementTree
from xml.parsers import expat

from helix.limited_process import Rejected
from helix.text.json_lines import Writer

# What a document may unpack to, pictures and all.
LARGEST_UNPACKED = 60 * 1024 * 1024
MOST_MEMBERS = 2000
LONGEST_RELATIONS = 1024 * 1024
# Of processor time; what was read by then is kept.
SECONDS = 1.5
BOMB = "The document unpacks to far more than it seems, so it was not read."
DOCTYPE = "The document holds definitions that Word never writes, so it was not read."

_WORD = {
    "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    "http://purl.oclc.org/ooxml/wordprocessingml/main",
}
_FALLBACK = "http://schemas.openxmlformats.org/markup-compatibility/2006 Fallback"
_BREAKS = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
_PIECE = 64 * 1024


def read(source: BinaryIO, target: BinaryIO, limit: str) -> None:
    """Until about `limit` characters, or the time is up."""
    began, out = time.process_time(), Writer(target)
    with zipfile.ZipFile(source) as archive:
        members = archive.infolist()
        # zipfile stops at the size that the table of contents states, so this sum cannot be lied about.
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
    """Where the text is: mostly word/document.xml, but a package may name another part."""
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
        # The same once more, for programs that cannot show the other.
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
        """One empty line in a row is enough."""
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
    """The name of an element of Word's, else nothing."""
    namespace, _, local = name.rpartition(" ")
    return local if namespace in _WORD else ""
