"""The one markdown parser: CommonMark with tables, strikethrough, task lists and bare links. Raw HTML is off.

Mentions, pages and previews all use it, so that they agree on what is code and what is text.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

TASK = re.compile(r"\[([ xX])\](?=[ \t\n])")
BARE_LINK = re.compile(r"(?<![\w@])https?://[^\s<>\"`\\^{}|]+", re.IGNORECASE)
# A reference can be used thousands of times, so the total length of all URLs in a text is limited. Characters.
MOST_ADDRESS_CHARACTERS = 200_000


@cache
def parser() -> MarkdownIt:
    """Created once. Parsing keeps no state in it, so threads can share it."""
    # Line breaks are kept, because people expect them in comments.
    markdown = MarkdownIt("commonmark", {"html": False, "breaks": True})
    markdown.enable(["table", "strikethrough"])
    markdown.core.ruler.push("task_lists", _task_lists)
    markdown.core.ruler.push("bare_links", _bare_links)
    markdown.core.ruler.push("address_budget", _address_budget)
    return markdown


def inlines(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    """The content of each paragraph, heading and cell."""
    return (token.children for token in tokens if token.type == "inline" and token.children)


def split_text(children: Sequence[Token], *, outside_links: bool = False) -> Iterator[tuple[int, Token, str]]:
    """Each text token with its index and the character a reader sees before it ("" at the start of a line).

    A bare URL that became a link does not count as text; with `outside_links` nor does the text of other links.
    """
    before, links, automatic = "", 0, False
    for index, token in enumerate(children):
        if token.type in ("link_open", "link_close"):
            links += token.nesting
            automatic = token.nesting > 0 and token.info == "auto"
        elif token.type in ("softbreak", "hardbreak"):
            before = ""
        if token.type == "text" and not automatic and not (outside_links and links):
            yield index, token, before
        if token.type in ("text", "code_inline", "image"):
            before = token.content[-1:] or before


def replaced(children: list[Token], pieces: dict[int, list[Token]]) -> list[Token]:
    """The tokens, with those at some indexes replaced."""
    return [new for index, token in enumerate(children) for new in pieces.get(index, [token])]


def text_token(content: str) -> Token:
    return Token("text", "", 0, content=content)


def _task_lists(state: StateCore) -> None:
    """Items that begin with `[ ]` or `[x]` get a checkbox, and they and their lists a class.

    Open lists are kept on a stack, so that the time is linear in the number of tokens.
    """
    lists: list[Token] = []
    previous = before_it = None
    for token in state.tokens:
        if token.type in ("bullet_list_open", "ordered_list_open"):
            lists.append(token)
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            lists.pop()
        elif token.children and previous and previous.type == "paragraph_open":
            found = TASK.match(token.content)
            # If a link begins here, `[x]` is its text and no checkbox.
            if found and before_it and before_it.type == "list_item_open" and token.children[0].type == "text":
                _put_box(token, token.children, done=found.group(1) != " ")
                before_it.attrSet("class", "task-list-item")
                lists[-1].attrSet("class", "contains-task-list")
        previous, before_it = token, previous


def _put_box(inline: Token, children: list[Token], *, done: bool) -> None:
    inline.content, children[0].content = inline.content[len("[ ]") :], children[0].content[len("[ ]") :]
    box = Token("html_inline", "", 0, content='<input type="checkbox" checked>' if done else '<input type="checkbox">')
    children.insert(0, box)


def _bare_links(state: StateCore) -> None:
    for inline in state.tokens:
        if inline.type != "inline" or not inline.children or "://" not in inline.content:
            continue
        pieces = {
            index: _linked(token.content, state.md)
            for index, token, _ in split_text(inline.children, outside_links=True)
            if "://" in token.content
        }
        inline.children = replaced(inline.children, pieces)


def _linked(text: str, markdown: MarkdownIt) -> list[Token]:
    tokens, done = [], 0
    for found in BARE_LINK.finditer(text):
        address = _without_punctuation(found.group())
        href = markdown.normalizeLink(address)
        if len(address) <= len("https://") or not markdown.validateLink(href):
            continue
        end = found.start() + len(address)
        opening = Token("link_open", "a", 1, attrs={"href": href}, markup="linkify", info="auto")
        closing = Token("link_close", "a", -1, markup="linkify", info="auto")
        tokens += [text_token(text[done : found.start()]), opening, text_token(address), closing]
        done = end
    return [*tokens, text_token(text[done:])]


def _without_punctuation(address: str) -> str:
    """The URL without final punctuation of the sentence and without a bracket that was opened before it."""
    end = len(address)
    surplus = {")": address.count(")") - address.count("("), "]": address.count("]") - address.count("[")}
    while end:
        last = address[end - 1]
        if surplus.get(last, 0) > 0:
            surplus[last] -= 1
        elif last not in ".,;:!?'*_~":
            break
        end -= 1
    return address[:end]


def _address_budget(state: StateCore) -> None:
    """References make a short text long: beyond the limit, links and pictures lose their URLs."""
    spent = 0
    for children in inlines(state.tokens):
        for token in children:
            name = "href" if token.type == "link_open" else "src" if token.type == "image" else ""
            if name:
                spent += len(str(token.attrGet(name) or "")) + len(str(token.attrGet("title") or ""))
                if spent > MOST_ADDRESS_CHARACTERS:
                    token.attrs = {name: ""}
