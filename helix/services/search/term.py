"""A search term, and the way in which it can be matched."""

import re
from dataclasses import dataclass
from enum import Enum

from helix.folding import fold

# Scripts written without spaces: two of their characters may be a word, at any position.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]"
)
# A trigram index cannot match anything shorter.
MIN_SUBSTRING_LENGTH = 3


class MatchMode(Enum):
    ANYWHERE = "in any place"
    WORD_START = "at the beginning of a word"
    RECENT = "in any place, among the newest tasks"


@dataclass(frozen=True)
class Term:
    """A search term. `text` is folded, not empty and stripped; it has no wildcards."""

    text: str

    @classmethod
    def of(cls, typed: str) -> "Term | None":
        """None for an empty query. Text that folds to nothing, such as a lone accent, is kept and matches nothing."""
        text = typed.strip()
        return cls(fold(text).strip() or text) if text else None

    @property
    def way(self) -> MatchMode:
        if len(self.text) >= MIN_SUBSTRING_LENGTH:
            return MatchMode.ANYWHERE
        if self.text.isalnum() and not _UNSPACED.search(self.text):
            return MatchMode.WORD_START
        return MatchMode.RECENT

    @property
    def like(self) -> str:
        """A pattern for LIKE with the backslash as its escape."""
        return f"%{escape_like(self.text)}%"

    def is_in(self, text: str) -> bool:
        """Whether the term is in a short text such as a title or a name."""
        if self.way == MatchMode.WORD_START:
            return re.search(rf"(?<!\w){re.escape(self.text)}", fold(text)) is not None
        return self.text in fold(text)


def escape_like(text: str) -> str:
    """Escape a text for a LIKE pattern, with the backslash as the escape character."""
    return re.sub(r"([\\%_])", r"\\\1", text)
