"""Normalizes tags, so that equal tags compare equal, whatever keyboard or system they come from."""

import unicodedata
from collections.abc import Iterable


def tidy(tag: str) -> str:
    """Lower case, stripped, and composed (NFC), so that two encodings of an accent are one tag."""
    return unicodedata.normalize("NFC", tag.strip().lower())


def tidy_all(tags: Iterable[str]) -> list[str]:
    """The tags tidied, in the order given, without duplicates."""
    return list(dict.fromkeys(each for tag in tags if (each := tidy(tag))))
