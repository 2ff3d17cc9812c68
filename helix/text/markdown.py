"""Renders markdown as safe HTML: the parser escapes everything, and its output is sanitized by an allow list.

The time is linear in the length of a text and well under a second: text beyond `LONGEST_FORMATTED` characters follows
without formatting.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable
from functools import cache, lru_cache

import nh3
from markdown_it.renderer import RendererHTML
from markdown_it.utils import OptionsDict
from markupsafe import escape

from helix.text import parser, presentation
from helix.text.highlighting import CLASSES, Highlighter
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
# Some texts, such as runs of brackets, take ten times as long as ordinary ones.
LONGEST_FORMATTED = 50_000
_RENDERER = RendererHTML()
_LANGUAGE = re.compile(r"language-[\w+#.-]{1,30}")


def render(markdown: str, mentions: Iterable[str] = (), board_keys: Collection[str] = ()) -> str:
    """Safe HTML; `mentions` are names whose @mentions are marked, `board_keys` those whose task ids become links.

    Only classes, no inline styles. Links open in a new tab without referrer; pictures from other hosts become links,
    because loading them would reveal the reader to that host.
    """
    formatted, rest = _split(unicodedata.normalize("NFC", markdown))
    index = _index(tuple(mentions)) if "@" in formatted else None
    tokens = presentation.presented(parser.parser().parse(formatted), index, board_keys)
    options = OptionsDict({**parser.parser().options, "highlight": Highlighter()})  # type: ignore[typeddict-item]
    html = _cleaner().clean(_RENDERER.render(tokens, options, {}))
    return html + _as_text(rest) if rest else html


def _split(text: str) -> tuple[str, str]:
    """The text to format, up to the last paragraph (or else line) that fits completely, and the rest."""
    if len(text) <= LONGEST_FORMATTED:
        return text, ""
    least = LONGEST_FORMATTED // 2
    cut = text.rfind("\n\n", least, LONGEST_FORMATTED) + 2
    if cut < 2:
        cut = text.rfind("\n", least, LONGEST_FORMATTED) + 1 or LONGEST_FORMATTED
    return text[:cut], text[cut:]


def _as_text(rest: str) -> str:
    return (
        f'<details class="rest-as-text"><summary>This text is long: the rest, {len(rest):,} characters, is shown '
        f"without formatting.</summary><pre>{escape(rest)}</pre></details>\n"
    )


@lru_cache(8)
def _index(names: tuple[str, ...]) -> NameIndex[str]:
    """Cached, because the names are the same for all texts of a page."""
    return NameIndex({name: name for name in names})


def plain(markdown: str, limit: int) -> str:
    """The words alone, as text, not HTML, on one line, at most `limit` characters, cut at a word with an ellipsis."""
    words: list[str] = []
    # Markup is rarely longer than the words, so a preview does not need the whole text.
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
