import pytest
from hypothesis import given
from hypothesis import strategies as st

from helix.llm.stream_text import REDACTED, KeyRedactor

KEY = "sk-sk-abc-sk-sk-abd"


def redacted(pieces, key=KEY):
    redactor = KeyRedactor(key)
    return "".join([*(redactor.feed(piece) for piece in pieces), redactor.flush()])


@given(st.lists(st.sampled_from([KEY, KEY[:4], KEY[:11], KEY[3:], "sk", "-", "Hello", ""]), max_size=12), st.data())
def test_however_it_is_cut_the_key_is_gone_and_the_rest_is_there(parts, data):
    text = "".join(parts)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    pieces = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]

    assert redacted(pieces) == text.replace(KEY, REDACTED)


def test_what_cannot_be_the_key_is_not_held_back():
    redactor = KeyRedactor(KEY)

    assert redactor.feed("Hello sk-sk") == "Hello "
    assert redactor.feed("ating") == "sk-skating"


@pytest.mark.parametrize("key", [None, "", "none", "secret"])
def test_no_key_or_a_word_changes_nothing(key):
    assert redacted(["It is a secret", ", none may know"], key) == "It is a secret, none may know"
