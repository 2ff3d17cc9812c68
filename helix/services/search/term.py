"""What was typed, and the way in which it can be looked for."""

import re
from dataclasses import dataclass
from enum import Enum

from helix.folding import fold

# Scripts written without spaces: a pair of their characters is a word, and never stands at one's beginning only.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]"
)
# An index of three letters in a row holds nothing shorter.
MIN_SUBSTRING_LENGTH = 3


class MatchMode(Enum):
    ANYWHERE = "in any place"
    WORD_START = "at the beginning of a word"
    RECENT = "in any place, among the newest tasks"


@dataclass(frozen=True)
class Term:
    """`text` is folded, never empty and holds no blanks at its ends; every character of it means itself."""

    text: str

    @classmethod
    def of(cls, typed: str) -> "Term | None":
        """None where nothing was typed. What draws nothing (an accent alone) is looked for as it is, and not found."""
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
        """Whether a short text, a title or a name, holds it."""
        if self.way == MatchMode.WORD_START:
            return re.search(rf"(?<!\w){re.escape(self.text)}", fold(text)) is not None
        return self.text in fold(text)


def escape_like(text: str) -> str:
    """Part of a pattern for LIKE, with the backslash as its escape: every character means itself."""
    return re.sub(r"([\\%_])", r"\\\1", text)
