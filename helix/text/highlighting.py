"""Syntax highlighting of code blocks, with CSS classes and no inline styles.

Many lexers of Pygments take quadratic time for some texts. So blocks have a maximum length, which is small for
languages where a few thousand characters were measured to be slow, and the blocks of one document share a limit of
processor time, checked after every token. Other blocks are not highlighted.
"""

import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

from pygments import format as written
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.token import STANDARD_TYPES

T = TypeVar("T")

CLASSES = {name for name in STANDARD_TYPES.values() if name}
# The longest block in characters, measured with doubled texts of short repeated pieces.
_BOUNDS = {
    10_000: """
        bash css diff docker dockerfile go graphql html jinja json less nginx php powershell rb ruby rust scala scss sh
        shell sql swift toml xml zsh
    """,
    4_000: "console http ini javascript js jsx kotlin lua perl py python ts tsx typescript yaml yml",
    1_500: "c c++ cpp cs csharp hcl java make makefile markdown md r terraform",
}
BOUNDS = {language: bound for bound, languages in _BOUNDS.items() for language in languages.split()}
LANGUAGES = frozenset(BOUNDS)
# Processor time for all blocks of one document. Ordinary code takes a tenth of it.
SECONDS = 0.3


class _Exhausted(Exception):
    """The processor time of the document is used up."""


class Highlighter:
    """Highlights the blocks of one document."""

    def __init__(self) -> None:
        self._left = SECONDS

    def __call__(self, code: str, language: str, _attributes: str) -> str:
        """HTML for the content of a code block; empty if it is not highlighted (the parser then escapes it)."""
        bound = BOUNDS.get(language.lower())
        if bound is None or len(code) > bound or self._left <= 0:
            return ""
        # A new lexer each time: some keep state, and threads share this module.
        lexer = get_lexer_by_name(language.lower(), stripnl=False)
        began = time.thread_time()
        try:
            return written(_until(began + self._left, lexer.get_tokens(code)), HtmlFormatter(nowrap=True))
        except _Exhausted:
            return ""
        finally:
            self._left -= time.thread_time() - began


def _until(deadline: float, tokens: Iterable[T]) -> Iterator[T]:
    for token in tokens:
        if time.thread_time() > deadline:
            raise _Exhausted
        yield token
