"""Colours for code in the languages that people here write, as classes and never as styles.

Lexers are regular expressions, and many of Pygments' take time with the square of the length for some texts. So blocks
have a greatest length, small in the languages where a text of a few thousand characters was seen to take long; and the
blocks of one document share a little processor time, looked at after every token. What does not fit stays plain.
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
# The longest block, in characters. What was measured: texts of short pieces that repeat, doubled.
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
# For all blocks of one document: ordinary code of this length takes a tenth of it.
SECONDS = 0.3


class _Exhausted(Exception):
    """The document's time is over."""


class Highlighter:
    """For one document."""

    def __init__(self) -> None:
        self._left = SECONDS

    def __call__(self, code: str, language: str, _attributes: str) -> str:
        """HTML for the inside of a code block, or nothing where it stays plain (the parser escapes it then)."""
        bound = BOUNDS.get(language.lower())
        if bound is None or len(code) > bound or self._left <= 0:
            return ""
        # A fresh one each time: some keep state while they read, and threads share this module.
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
