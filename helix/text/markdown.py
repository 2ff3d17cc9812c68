"""Markdown as safe HTML: the parser escapes everything, and what it writes is cleaned once more by an allow list."""

import re
import unicodedata
from collections.abc import Iterable
from functools import cache

import nh3
from markdown_it.renderer import RendererHTML
from markdown_it.utils import OptionsDict

from helix.text import parser, presentation
from helix.text.highlighting import CLASSES, highlight
from helix.text.mentions import NameIndex
from helix.text.presentation import OWN_PATH

TAGS = {
    *("p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "code", "span", "em", "strong", "s"),
    *("ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td", "a", "img", "input"),
}
ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"src", "alt", "title"},
    "code": {"class"},
    "ol": {"start"},
    "input": {"checked"},
}
ALLOWED_CLASSES = {
    "span": CLASSES | {"mention"},
    "ul": {"contains-task-list"},
    "li": {"task-list-item"},
    "th": {"align-center", "align-right"},
    "td": {"align-center", "align-right"},
}
SET_ATTRIBUTES = {
    "a": {"target": "_blank"},
    "img": {"loading": "lazy"},
    "input": {"type": "checkbox", "disabled": "", "aria-label": "Done"},
}
_RENDERER = RendererHTML()
_LANGUAGE = re.compile(r"language-[\w+#.-]{1,30}")


def render(markdown: str, mentions: Iterable[str] = ()) -> str:
    """HTML that may be shown as it is; `mentions` are names whose @mentions are marked.

    Classes only, no inline style. Links open elsewhere and give nothing away; pictures from other hosts become links,
    since loading them would tell that host who reads.
    """
    index = NameIndex({name: name for name in mentions}) if "@" in markdown else None
    tokens = presentation.presented(parser.parser().parse(unicodedata.normalize("NFC", markdown)), index)
    return _cleaner().clean(_RENDERER.render(tokens, _options(), {}))


def plain(markdown: str, limit: int) -> str:
    """The words alone, as text, not HTML, on one line, at most `limit` characters, cut at a word with an ellipsis."""
    words: list[str] = []
    # Markup is seldom more than the words; a long text need not be read to its end for a short preview.
    for token in parser.parser().parse(markdown[: limit * 8 + 2000]):
        if token.type in ("fence", "code_block"):
            words.append(token.content)
        for child in token.children or ():
            words.append(child.content if child.type in ("text", "code_inline", "image") else "")
            words.append(" " if child.type in ("softbreak", "hardbreak") else "")
        words.append(" ")
    text = " ".join("".join(words).split())
    if len(text) <= limit:
        return text
    cut = text[: max(0, limit - 1)]
    space = cut.rfind(" ")
    return (cut[:space] if space > limit // 2 else cut).rstrip() + "…"


@cache
def _cleaner() -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=TAGS,
        clean_content_tags={"script", "style"},
        attributes=ATTRIBUTES,
        attribute_filter=_attribute,
        set_tag_attribute_values=SET_ATTRIBUTES,
        allowed_classes=ALLOWED_CLASSES,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )


def _attribute(tag: str, name: str, value: str) -> str | None:
    if tag == "code" and name == "class":
        return value if _LANGUAGE.fullmatch(value) else None
    if tag == "img" and name == "src":
        return value if OWN_PATH.fullmatch(value) else None
    if tag == "a" and name == "href":
        elsewhere = value.lower().startswith(("http://", "https://", "mailto:"))
        return value if elsewhere or OWN_PATH.fullmatch(value) else None
    return value


@cache
def _options() -> OptionsDict:
    return OptionsDict({**parser.parser().options, "highlight": highlight})  # type: ignore[typeddict-item]
