"""The text of a web page, with the addresses of its links, for a model to read.

Pages are hostile: some markup takes a parser minutes. So `extract` reads them in a process with limits.
"""

import io
import re
from html.parser import HTMLParser
from typing import BinaryIO
from urllib.parse import urljoin

import nh3

from helix.limited_process import LimitExceeded, Limits, WorkFailed, run

LIMITS = Limits(seconds=3, output=8 * 1024 * 1024)

# Elements whose content is no text to read.
_DROPPED = {"script", "style", "template", "noscript", "svg", "math", "iframe", "object", "select", "button"}
_HEADINGS = {f"h{level}": "#" * level + " " for level in range(1, 7)}
_BLOCKS = {
    "address", "article", "aside", "blockquote", "dd", "div", "dl", "dt", "figure", "footer", "form", "header", "hr",
    "main", "nav", "ol", "p", "pre", "section", "table", "title", "tr", "ul",
}  # fmt: skip
_KEPT = {*_BLOCKS, *_HEADINGS, "a", "br", "li", "td", "th"}


def extract(markup: str, address: str) -> str | None:
    """The text of an HTML page at this address; None for one that is too complex to read.

    Links follow their words in parentheses, made absolute. Raises Unavailable if no process can be started.
    """
    try:
        with run("helix.text.web_page:read", io.BytesIO(markup.encode()), address, limits=LIMITS) as text:
            return text.read().decode()
    except LimitExceeded as error:
        error.so_far.close()
        return None
    except WorkFailed:
        return None


def read(source: BinaryIO, target: BinaryIO, address: str) -> None:
    """The work of that process."""
    target.write(text_of(source.read().decode(), address).encode())


def text_of(markup: str, address: str) -> str:
    # Well-formed markup first: Python's parser neither closes elements nor leaves out the content of scripts in SVG.
    plain = nh3.clean(
        markup,
        tags=_KEPT,
        clean_content_tags=_DROPPED,
        attributes={"a": {"href"}},
        url_schemes={"http", "https"},
        link_rel=None,
    )
    reader = _Reader(address)
    reader.feed(plain)
    reader.close()
    lines = (re.sub(r"[^\S\n]+", " ", line).strip() for line in "".join(reader.parts).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


class _Reader(HTMLParser):
    def __init__(self, address: str) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._address = address
        self._link: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _HEADINGS:
            self.parts.append(f"\n\n{_HEADINGS[tag]}")
        elif tag == "li":
            self.parts.append("\n- ")
        elif tag == "br":
            self.parts.append("\n")
        elif tag in ("td", "th"):
            self.parts.append(" | ")
        elif tag == "tr":
            self.parts.append("\n")
        elif tag in _BLOCKS:
            self.parts.append("\n\n")
        elif tag == "a":
            self._link = self._absolute(dict(attrs).get("href"))

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._link:
            self.parts.append(f" ({self._link})")
            self._link = None
        elif tag in _HEADINGS or (tag in _BLOCKS and tag != "tr"):
            self.parts.append("\n\n")

    def handle_data(self, data: str) -> None:
        self.parts.append(data.replace("\n", " "))

    def _absolute(self, href: str | None) -> str | None:
        """None for links within the page and those that lead nowhere."""
        if not href or href.startswith("#"):
            return None
        try:
            found = urljoin(self._address, href)
        except ValueError:
            return None
        return found if found.startswith(("http://", "https://")) else None
