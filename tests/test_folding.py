import pytest
from hypothesis import given
from hypothesis import strategies as st

from helix.folding import fold, fold_unless_ascii


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Crème BRÛLÉE", "creme brulee"),
        ("cre\u0300me", "creme"),
        ("İstanbul IŞIK ışık", "istanbul isik isik"),
        ("Straße STRASSE", "strasse strasse"),
        ("Łódź Ørsted Đà Nẵng Ħal", "lodz orsted da nang hal"),
        ("æ Æ œuvre ﬁne þing", "ae ae oeuvre fine thing"),
        ("ＡＢＣ\u3000１２３", "abc 123"),
        ("ΣΊΣΥΦΟΣ", "σισυφοσ"),
        ("שָׁלוֹם", "שלום"),
        ("مُحَمَّد", "محمد"),
        ("한국어", "한국어"),
        ("\u1112\u1161\u11ab\u1100\u116e\u11a8", "한국"),
        ("東京がバ", "東京がバ"),
        ("か\u3099", "が"),
        ("हिन्दी की", "हिन्दी की"),
        ("ที่นี่", "ที่นี่"),
        ("co\u00adop\u200b", "coop"),
        ("100% a_b \\ ´", "100% a_b \\ ´"),
    ],
)
def test_text_is_folded(text, folded):
    assert fold(text) == folded


@given(st.text())
def test_folding_twice_changes_nothing_more(text):
    assert fold(fold(text)) == fold(text)


@given(st.text(st.characters(codec="ascii")), st.text(), st.text())
def test_plain_letters_stay_whatever_stands_beside_them(plain, before, after):
    assert plain.lower() in fold(before + plain + after)


def test_ascii_needs_no_folded_form():
    assert fold_unless_ascii("Plain") is None
    assert fold_unless_ascii(None) is None
    assert fold_unless_ascii("É") == "e"
