"""Markdown as safe HTML: raw HTML is off, and what comes out is cleaned once more against a list."""

import re
from functools import cache

import nh3
from markdown_it import MarkdownIt
from mdit_py_plugins.tasklists import tasklists_plugin
from pygments import highlight as colour
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

TAGS = {
    *("p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "code", "span", "em", "strong", "s"),
    *("ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td", "a", "input", "div"),
}
ATTRIBUTES = {
    "a": {"href", "title"},
    "code": {"class"},
    "span": {"class"},
    "div": {"class"},
    "ol": {"start"},
    "li": {"class"},
    "ul": {"class"},
    "input": {"type", "checked", "disabled", "class"},
    "th": {"align"},
    "td": {"align"},
}


@cache
def _markdown() -> MarkdownIt:
    found = MarkdownIt("commonmark", {"html": False, "linkify": False, "highlight": _highlight})
    found.enable(["table", "strikethrough"])
    # A picture from elsewhere would tell its host who reads: it becomes a link.
    found.disable("image")
    return found.use(tasklists_plugin)


def _highlight(code: str, language: str, _attributes: str) -> str:
    try:
        lexer = get_lexer_by_name(language) if language else None
    except ClassNotFound:
        lexer = None
    return colour(code, lexer, HtmlFormatter(nowrap=True)) if lexer else ""


def render(text: str) -> str:
    """HTML that may be shown as it is."""
    return nh3.clean(
        _markdown().render(text),
        tags=TAGS,
        attributes=ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )


def plain(text: str, limit: int) -> str:
    """The words alone, on one line, at most `limit` characters."""
    words = re.sub(r"\s+", " ", nh3.clean(_markdown().render(text), tags=set())).strip()
    words = words.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"').replace("&amp;", "&")
    return words if len(words) <= limit else words[: limit - 1].rstrip() + "…"
