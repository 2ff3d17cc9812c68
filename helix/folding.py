"""Text as searching compares it: without case, accents, width and composition.

What is looked for and what is searched pass through the same function, on both databases alike, so that `creme` finds
"Crème brûlée" and `lodz` finds "Łódź". Scripts whose marks are letters of their own (Devanagari, Thai, kana) keep them.
"""

import re
import unicodedata

# Unicode's Default_Ignorable_Code_Point, and the stretching of Arabic letters.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u0640\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
# Latin letters that no decomposition leads to the plain ones: "l with stroke", "ae", "ligature oe".
_LATIN = re.compile(r"LATIN SMALL (?:LETTER|LIGATURE) ([A-Z]{1,2})(?: WITH .+)?")
_OTHER_LATIN = {"ı": "i", "ȷ": "j", "ð": "d", "þ": "th", "ŋ": "n", "ĸ": "k", "ə": "e", "ɛ": "e", "ɔ": "o"}


def fold(text: str) -> str:
    """The same for all texts that a search takes for one. `fold(fold(text)) == fold(text)`."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).translate(_LETTERS))


def fold_unless_ascii(text: str | None) -> str | None:
    """`fold`, or None for a text of ASCII alone: its case is all that could be folded, and the indexes do that."""
    return None if text is None or text.isascii() else fold(text)


class _Letters(dict[int, str]):
    """From a code point of composed text to what it becomes. Filled as letters are met."""

    def __missing__(self, code: int) -> str:
        found = self[code] = _folded(chr(code))
        return found


_LETTERS = _Letters()


def _folded(letter: str) -> str:
    decomposed = unicodedata.normalize("NFKD", letter)
    if decomposed.startswith(" ") and not letter.isspace():
        return letter  # an accent that stands alone: it is a sign, not a blank
    simple = unicodedata.normalize("NFKD", decomposed.casefold())
    return unicodedata.normalize("NFC", "".join(_latin(each) for each in simple if not _is_dropped(each)))


def _is_dropped(letter: str) -> bool:
    """Accents of Latin, Greek and Cyrillic letters, points of Hebrew and Arabic ones, and what draws nothing."""
    accent = unicodedata.combining(letter)
    return accent >= 200 or 10 <= accent <= 36 or _INVISIBLE.match(letter) is not None


def _latin(letter: str) -> str:
    if letter.isascii():
        return letter
    named = _LATIN.fullmatch(unicodedata.name(letter, ""))
    return _OTHER_LATIN.get(letter) or (named[1].lower() if named else letter)
