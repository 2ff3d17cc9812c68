"""Text from outside, made fit to be stored, sent and shown: from people and from models alike."""

import re
import unicodedata

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

_LINE_ENDS = re.compile(r"\r\n?")
# C0 but for tab and line feed, DEL, and C1. None of them is visible; PostgreSQL cannot store the first at all.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_SURROGATES = re.compile(r"[\ud800-\udfff]")
# Characters that draw nothing although their category is a letter, a mark or a symbol: Unicode's
# Default_Ignorable_Code_Point property outside of the format characters, and the blank braille pattern.
_DRAWS_NOTHING = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0000-\U000e0fff]"
)


def clean(text: str) -> str:
    """The text with line feeds as its only line ends, and as valid Unicode without control characters.

    Controls other than tab and line feed are removed. The two halves of a surrogate pair are joined, and a half
    without its partner becomes U+FFFD. Everything else stays as it is, so `clean(clean(text)) == clean(text)`.
    """
    text = _CONTROLS.sub("", _LINE_ENDS.sub("\n", text))
    if _SURROGATES.search(text):
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def is_blank(text: str) -> bool:
    """Whether nothing of the text can be seen: empty, white space, and characters that draw nothing."""
    return all(unicodedata.category(letter)[0] in "CZ" or letter in "\t\n" for letter in _DRAWS_NOTHING.sub("", text))
