"""Cleans text from people and models, so that it can be stored, sent and shown."""

import re
import unicodedata

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

_LINE_ENDS = re.compile(r"\r\n?")
# C0 but for tab and line feed, DEL, and C1. None of them is visible; PostgreSQL cannot store the first at all.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_SURROGATES = re.compile(r"[\ud800-\udfff]")
# Invisible characters whose category is a letter, a mark or a symbol: Unicode's Default_Ignorable_Code_Point property
# except for format characters, and the blank braille pattern.
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0000-\U000e0fff]"
)


def plain_line_ends(text: str) -> str:
    """`text` with "\\n" in place of the line ends of Windows and of old Macs."""
    return _LINE_ENDS.sub("\n", text)


def clean(text: str) -> str:
    """The text with line feeds as its only line ends, and as valid Unicode without control characters.

    Control characters other than tab and line feed are removed. Surrogate pairs are joined, and a lone surrogate
    becomes U+FFFD. Everything else is unchanged, so `clean(clean(text)) == clean(text)`.
    """
    text = _CONTROLS.sub("", plain_line_ends(text))
    if _SURROGATES.search(text):
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def is_blank(text: str) -> bool:
    """Whether the text has no visible character."""
    return all(unicodedata.category(letter)[0] in "CZ" or letter in "\t\n" for letter in _INVISIBLE.sub("", text))
