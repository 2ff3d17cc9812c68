"""Detects passwords that are guessed quickly, offline with zxcvbn."""

from collections.abc import Sequence

# Guesses. Corresponds to zxcvbn's score of 0.
SOON_GUESSED = 1_000
# Characters that zxcvbn evaluates, because its time grows with the length.
LONGEST_JUDGED = 72


def is_soon_guessed(password: str, about: Sequence[str] = ()) -> bool:
    """Whether the password is common or similar to a common one, a sequence or repetition of keys, or one of the words
    `about` its owner (address, name), also with small additions."""
    # 15 MB of word lists, loaded only when needed.
    from zxcvbn import zxcvbn

    words = [word for text in about for word in _words(text)]
    judged = password[:LONGEST_JUDGED]
    return int(zxcvbn(judged, user_inputs=words)["guesses"]) < SOON_GUESSED or _is_about(password, words)


def _words(text: str) -> list[str]:
    parts = "".join(letter if letter.isalnum() else " " for letter in text.casefold()).split()
    return [text.casefold(), "".join(parts), *parts]


def _is_about(password: str, words: Sequence[str]) -> bool:
    """Whether its letters are a word about its owner, ignoring all other characters."""
    letters = "".join(letter for letter in password.casefold() if letter.isalpha())
    return letters != "" and letters in {"".join(filter(str.isalpha, word)) for word in words}
