"""Names of people and agents: which are allowed, and which are too similar to distinguish.

Names are compared as in RFC 8266 (nicknames) and UTS 39 (security mechanisms): without case, width, composition, white
space and invisible characters.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import lru_cache

from precis_i18n import get_profile

# Unicode's Default_Ignorable_Code_Point, and the blank braille pattern.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_ZWNJ, _ZWJ = "\u200c", "\u200d"
_WORD = re.compile(r"\w+")
# Scripts that one word may combine: the "highly restrictive" level of UTS 39.
_COMBINABLE_SCRIPTS = (
    frozenset({"LATIN", "HAN", "HIRAGANA", "KATAKANA"}),
    frozenset({"LATIN", "HAN", "BOPOMOFO"}),
    frozenset({"LATIN", "HAN", "HANGUL"}),
)
_SCRIPTLESS = {"COMMON", "INHERITED", "UNKNOWN"}


def tidy(name: str) -> str:
    """The name as stored and shown: composed (NFC), stripped, with single spaces."""
    return " ".join(unicodedata.normalize("NFC", name).split())


def key_of(name: str) -> str:
    """The key by which names are compared: equal for names that count as the same."""
    return " ".join(fold(name)[0].split())


def fold(text: str) -> tuple[str, Callable[[int], int]]:
    """The text as `key_of` compares it, and a function from positions in it to positions in the original.

    Runs of white space become one space; the ends are not stripped, so that a name is found within a text.
    """
    if text.isascii() and not _IRREGULAR_SPACE.search(text):
        return text.casefold(), lambda place: place
    pieces: list[str] = []
    origins: list[int] = []
    for start, cluster in _clusters(text):
        piece = _folded(cluster)
        if piece == " " and pieces and pieces[-1] == " ":
            continue
        if piece:
            pieces.append(piece)
            origins += [start] * len(piece)
    return "".join(pieces), lambda place: origins[place] if place < len(origins) else len(text)


# White space other than single spaces.
_IRREGULAR_SPACE = re.compile(r"[^\S ]|  ")


def _clusters(text: str) -> Iterator[tuple[int, str]]:
    """Pieces that do not compose with their neighbours, with their positions."""
    start = 0
    for place in range(1, len(text)):
        if not _continues(text[place]):
            yield start, text[start:place]
            start = place
    if text:
        yield start, text[start:]


@lru_cache(4096)
def _continues(letter: str) -> bool:
    """Whether it combines with the character before: marks, Hangul vowels and finals, halfwidth kana voicing."""
    return (
        unicodedata.category(letter)[0] == "M"
        or "\u1160" <= letter <= "\u11ff"
        or letter in "\uff9e\uff9f"
        or _INVISIBLE.match(letter) is not None
    )


@lru_cache(4096)
def _folded(cluster: str) -> str:
    if cluster.isspace():
        return " "
    seen = _INVISIBLE.sub("", unicodedata.normalize("NFKC", cluster))
    # Normalized twice, because case folding may decompose a letter.
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", seen).casefold())
    # A fullwidth @ does not begin a mention.
    return cluster if "@" in folded and "@" not in cluster else folded


def problem(name: str) -> str | None:
    """A message about what is wrong with a tidied name; None if it is allowed."""
    if not name or not key_of(name):
        return "Give a name with at least one visible character."
    if any(word.startswith("@") for word in unicodedata.normalize("NFKC", name).split()):
        return "Leave out the @: it is written before a name to mention it."
    hidden = _forbidden(name)
    if hidden is not None:
        return f"A name cannot contain the invisible or special character U+{ord(hidden):04X}. Type the name again."
    if unicodedata.category(name[0])[0] == "M":
        return "A name cannot begin with an accent that belongs to no letter."
    for word in _WORD.findall(unicodedata.normalize("NFKC", name)):
        scripts = scripts_of(word)
        if len(scripts) > 1 and not any(scripts <= together for together in _COMBINABLE_SCRIPTS):
            mixed = " and ".join(sorted(script.title() for script in scripts))
            return f"The word “{word}” mixes {mixed} letters, which look alike. Write each word in one alphabet."
    return None


def made_fit(name: str) -> str:
    """An external name without the characters that are not allowed; empty if the rest is not valid either."""
    visible = "".join(letter for letter in name if letter.isprintable() or letter.isspace())
    name = tidy(_INVISIBLE.sub("", visible).replace("@", " "))
    return "" if problem(name) else name


def _forbidden(name: str) -> str | None:
    """The first character that is not allowed."""
    plain = _without_joined_emoji(name)
    for letter in _INVISIBLE.findall(plain):
        if letter not in (_ZWNJ, _ZWJ):
            return letter
    try:
        # Control, private and unassigned characters, and joiners that do not join letters.
        get_profile("NicknameCasePreserved").enforce(plain)
    except UnicodeEncodeError as error:
        return error.object[error.start]
    return None


def _without_joined_emoji(name: str) -> str:
    """The name without the invisible parts of its emoji: variation selectors and joiners."""
    kept: list[str] = []
    before = ""
    for place, letter in enumerate(name):
        joins = letter in "\ufe0e\ufe0f" or (letter == _ZWJ and _is_emoji(name[place + 1 : place + 2]))
        if joins and _is_emoji(before):
            continue
        kept.append(letter)
        before = letter
    return "".join(kept)


def _is_emoji(letter: str) -> bool:
    return letter != "" and letter > "\u20ff" and letter != "\u2800" and unicodedata.category(letter) in ("So", "Sk")


def scripts_of(text: str) -> set[str]:
    """The names of the scripts of its letters, in upper case."""
    if text.isascii():
        return {"LATIN"} if any(map(str.isalpha, text)) else set()
    # About 15 MB of tables, loaded only when needed.
    from confusable_homoglyphs import categories

    return {categories.alias(letter) for letter in text} - _SCRIPTLESS


def looks_like(name: str, other: str) -> bool:
    """Whether two names of different alphabets look the same, as `Аса` in Cyrillic and `Aca` in Latin letters do."""
    return scripts_of(name) != scripts_of(other) and _look_of(name) == _look_of(other)


def _look_of(name: str) -> str:
    """The name with look-alikes replaced by Latin letters, where there are any."""
    name = tidy(name)
    if not name.isascii():
        from confusable_homoglyphs import confusables

        found = confusables.is_confusable(name, greedy=True, preferred_aliases=["latin"]) or []
        latin = {one["character"]: _latin(one["homoglyphs"]) for one in found}
        name = "".join(latin.get(letter) or letter for letter in name)
    # I and l look the same, and the tables use either.
    return key_of(name.replace("I", "l"))


def _latin(homoglyphs: list[dict[str, str]]) -> str | None:
    return next((one["c"] for one in homoglyphs if one["c"].isascii() and one["c"].isalpha()), None)
