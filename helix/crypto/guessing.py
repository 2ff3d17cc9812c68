"""Is a password among the first that anybody would try? Judged by zxcvbn, offline."""

from collections.abc import Sequence

# Fewer than a thousand tries: its score of 0.
SOON_GUESSED = 1_000
# zxcvbn takes longer the longer a text is, and no more than this.
LONGEST_JUDGED = 72


def is_soon_guessed(password: str, about: Sequence[str] = ()) -> bool:
    """Whether it is a common password or a variant of one, a row or a repetition of keys, or one of the words `about`
    its owner (an address, a name), also with little added."""
    # 15 MB of word lists: loaded when somebody chooses a password.
    from zxcvbn import zxcvbn

    words = [word for text in about for word in _words(text)]
    judged = password[:LONGEST_JUDGED]
    return int(zxcvbn(judged, user_inputs=words)["guesses"]) < SOON_GUESSED or _is_about(password, words)


def _words(text: str) -> list[str]:
    parts = "".join(letter if letter.isalnum() else " " for letter in text.casefold()).split()
    return [text.casefold(), "".join(parts), *parts]


def _is_about(password: str, words: Sequence[str]) -> bool:
    """Nothing but words about its owner, whatever stands between them, before them and behind them but letters."""
    letters = "".join(letter for letter in password.casefold() if letter.isalpha())
    return letters != "" and letters in {"".join(filter(str.isalpha, word)) for word in words}
