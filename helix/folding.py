"""Folding of text for search: without case, accents, width and composition.

Search terms and searched texts are folded by the same function on both databases, so that `creme` finds "Crème brûlée"
and `lodz` finds "Łódź". Scripts whose marks are part of the letters (Devanagari, Thai, kana) keep them.
"""

import re
import unicodedata

# Unicode's Default_Ignorable_Code_Point, and the Arabic tatweel.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u0640\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
# Latin letters that do not decompose to plain ones: "l with stroke", "ae", "ligature oe".
_LATIN = re.compile(r"LATIN SMALL (?:LETTER|LIGATURE) ([A-Z]{1,2})(?: WITH .+)?")
_OTHER_LATIN = {"ı": "i", "ȷ": "j", "ð": "d", "þ": "th", "ŋ": "n", "ĸ": "k", "ə": "e", "ɛ": "e", "ɔ": "o"}


def fold(text: str) -> str:
    """The folded text. Idempotent: `fold(fold(text)) == fold(text)`."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).translate(_LETTERS))


def fold_unless_ascii(text: str | None) -> str | None:
    """The folded text, or None for ASCII, where only the case would be folded, which the indexes ignore."""
    return None if text is None or text.isascii() else fold(text)


class _Letters(dict[int, str]):
    """A table for `str.translate` from composed code points to folded text, filled on demand."""

    def __missing__(self, code: int) -> str:
        folded = self[code] = _folded(chr(code))
        return folded


_LETTERS = _Letters()


def _folded(letter: str) -> str:
    decomposed = unicodedata.normalize("NFKD", letter)
    if decomposed.startswith(" ") and not letter.isspace():
        return letter  # a spacing accent is a character of its own, not a space
    simple = unicodedata.normalize("NFKD", decomposed.casefold())
    return unicodedata.normalize("NFC", "".join(_latin(each) for each in simple if not _is_dropped(each)))


def _is_dropped(letter: str) -> bool:
    """Accents of Latin, Greek and Cyrillic letters, vowel points of Hebrew and Arabic, and invisible characters."""
    accent = unicodedata.combining(letter)
    return accent >= 200 or 10 <= accent <= 36 or _INVISIBLE.match(letter) is not None


def _latin(letter: str) -> str:
    if letter.isascii():
        return letter
    named = _LATIN.fullmatch(unicodedata.name(letter, ""))
    return _OTHER_LATIN.get(letter) or (named[1].lower() if named else letter)
