"""Transforms the tokens of the markdown parser for our pages."""

import re
from collections import defaultdict
from collections.abc import Collection, Sequence

from markdown_it.token import Token

from helix.text import mentions, parser, task_keys
from helix.text.mentions import NameIndex

# A path on this site. Browsers read "/\\" and "//" as the beginning of another host.
OWN_PATH = re.compile(r"/(?![/\\])[^\s\\]*")
_ALIGNMENT = {"text-align:center": "align-center", "text-align:right": "align-right"}


def presented(tokens: list[Token], names: NameIndex[str] | None, board_keys: Collection[str] = ()) -> list[Token]:
    """The same tokens with foreign pictures as links, column alignment as classes, mentions marked, and readable ids of
    tasks with one of the `board_keys` as links."""
    for token in tokens:
        if token.type in ("th_open", "td_open"):
            alignment = _ALIGNMENT.get(str(token.attrs.pop("style", "")))
            token.attrs.update({"class": alignment} if alignment else {})
        elif token.children:
            token.children = _without_foreign_pictures(token.children)
            if names:
                token.children = _with_mentions(token.children, names)
            if board_keys:
                token.children = _with_task_links(token.children, board_keys)
    return tokens


def _with_task_links(children: list[Token], board_keys: Collection[str]) -> list[Token]:
    """The tokens with SEO-22 as a link to /t/SEO-22, except in code and inside other links. It shows no title."""
    pieces: dict[int, list[Token]] = {}
    links = 0
    for position, token in enumerate(children):
        links += token.nesting if token.type in ("link_open", "link_close") else 0
        if token.type != "text" or links:
            continue
        marks: list[tuple[int, Token]] = []
        for found in task_keys.IN_TEXT.finditer(token.content):
            if found[1] in board_keys:
                marks.append((found.start(), Token("link_open", "a", 1, {"href": f"/t/{found[0]}"})))
                marks.append((found.end(), Token("link_close", "a", -1)))
        if marks:
            pieces[position] = _marked(token.content, marks)
    return parser.replaced(children, pieces)


def _with_mentions(children: list[Token], names: NameIndex[str]) -> list[Token]:
    """The tokens with each mention in a span, which may go on after a line break."""
    marks: dict[int, list[tuple[int, Token]]] = defaultdict(list)
    for place in mentions.in_tokens(children, names):
        marks[place.first].append((place.start, Token("mention_open", "span", 1, {"class": "mention"})))
        marks[place.last].append((place.end, Token("mention_close", "span", -1)))
    pieces = {position: _marked(children[position].content, found) for position, found in marks.items()}
    return parser.replaced(children, pieces)


def _marked(text: str, marks: Sequence[tuple[int, Token]]) -> list[Token]:
    """The text as tokens, with others inserted at some positions."""
    tokens, done = [], 0
    for place, mark in marks:
        tokens += [parser.text_token(text[done:place]), mark]
        done = place
    return [*tokens, parser.text_token(text[done:])]


def _without_foreign_pictures(children: list[Token]) -> list[Token]:
    pieces: dict[int, list[Token]] = {}
    links = 0
    for position, token in enumerate(children):
        links += token.nesting if token.type in ("link_open", "link_close") else 0
        if token.type == "image" and not OWN_PATH.fullmatch(address := str(token.attrGet("src") or "")):
            pieces[position] = _words(token, address, inside_link=links > 0)
    return parser.replaced(children, pieces)


def _words(image: Token, address: str, *, inside_link: bool) -> list[Token]:
    words = [parser.text_token(_alternative(image.children or ()) or address)]
    if inside_link or not address:
        return words
    return [Token("link_open", "a", 1, {"href": address}), *words, Token("link_close", "a", -1)]


def _alternative(children: Sequence[Token]) -> str:
    return "".join(token.content for token in children if token.type in ("text", "code_inline", "image"))
