import pytest

from helix.text.cleaning import clean, is_blank

ROCKET = "\N{ROCKET}"


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("be\x00fore", "before"),
        ("a\x07b\x1bc\x7fd\x85e", "abcde"),
        ("one\ttwo\nthree", "one\ttwo\nthree"),
        ("one\r\ntwo\rthree", "one\ntwo\nthree"),
        ("rocket \ud83d\ude80 go", f"rocket {ROCKET} go"),
        ("\ud83d\x00\ude80", ROCKET),
        ("lone \ud83d here", "lone \N{REPLACEMENT CHARACTER} here"),
        ("wrong way round \ude80\ud83d", "wrong way round \N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}"),
        ("Grüße, 山田, \u200dzero width", "Grüße, 山田, \u200dzero width"),
    ],
)
def test_clean_text_is_valid_unicode_without_controls(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned
    assert clean(cleaned) == cleaned
    assert clean(text).encode()


@pytest.mark.parametrize(
    "text", ["", " \n\t", "\u200b", "\u200b\ufeff", "\u2060\u3164\u2800\u202e", "\u00ad\ufe0f", "\U000e0041\u3000"]
)
def test_text_that_shows_nothing_is_blank(text: str) -> None:
    assert is_blank(text)


@pytest.mark.parametrize("text", ["0", ".", "\u200bx", "山", ROCKET, "\N{REPLACEMENT CHARACTER}", "\u0301a"])
def test_text_that_shows_something_is_not_blank(text: str) -> None:
    assert not is_blank(text)
