"""Colours for code in the languages that people here write, as classes and never as styles."""

from pygments import highlight as colour
from pygments.formatters import HtmlFormatter
from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.token import STANDARD_TYPES

CLASSES = {name for name in STANDARD_TYPES.values() if name}
# Lexers are regular expressions: a list keeps strange ones out, a limit keeps a long listing from taking seconds.
_LANGUAGES = """
    bash c c++ console cpp cs csharp css diff docker dockerfile go graphql hcl html http ini java javascript jinja js
    json jsx kotlin less lua make makefile markdown md nginx perl php powershell py python r rb ruby rust scala scss
    sh shell sql swift terraform toml ts tsx typescript xml yaml yml zsh
"""
LANGUAGES = frozenset(_LANGUAGES.split())
LONGEST = 20_000


def highlight(code: str, language: str, _attributes: str) -> str:
    """HTML for the inside of a code block, or nothing where it should stay plain (the parser escapes it then)."""
    lexer = _lexer(language.lower()) if len(code) <= LONGEST else None
    return colour(code, lexer, HtmlFormatter(nowrap=True)) if lexer else ""


def _lexer(language: str) -> Lexer | None:
    # A fresh one each time: some keep state while they read, and threads share this module.
    return get_lexer_by_name(language, stripnl=False) if language in LANGUAGES else None
