"""Tags as they are kept: words that compare as they are written, whatever keyboard or system they come from."""

import unicodedata
from collections.abc import Iterable


def tidy(tag: str) -> str:
    """Lower case, without blanks around it, and composed: two ways to write an accent are one tag."""
    return unicodedata.normalize("NFC", tag.strip().lower())


def tidied(tags: Iterable[str]) -> list[str]:
    """Tidy, in the order given, each once."""
    return list(dict.fromkeys(each for tag in tags if (each := tidy(tag))))
