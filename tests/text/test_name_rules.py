"""Which names are allowed, equal, or confusable."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helix.text import names

ALLOWED = [
    "山田 太郎",
    "やまだ タロウ",
    "山田Tarō",
    "田中ーエージェント",
    "金철수",
    "Łukasz",
    "Иван Петров",
    "Иван Smith",
    "O'Brien",
    "O’Brien",
    "Jean-Luc",
    "José",
    "Ελένη",
    "محمد",
    "می\u200cخواهم",
    "क्\u200dष",
    "עברית",
    "สมชาย",
    "Paral·lel",
    "Dr. Müller (Köln)",
    "R2-D2",
    "Agent #7",
    "β-Tester",
    "Sierra ❤️",
    "👩‍💻 Coder",
    "🤖",
    "a@b",
]
REFUSED = [
    "",
    " ",
    "\u200b",
    "\u2063",
    "\u3164",
    "\u2800",
    "\ufe0f",
    "Admin\u200b",
    "Ad\u00admin",
    "Admin\ufe0f",
    "Admin\u202e",
    "\u2066Admin\u2069",
    "Admin\u200e",
    "Ad\u200dmin",
    "Admin\u2800",
    "Admin\u3164",
    "Admin\U000e0041",
    "Ad\x07min",
    "Admin\ue000",
    "Admin\ufffe",
    "Аdmin",
    "Αdmin",
    "Αdмin",
    "Adm\u0456n",
    "Ꭰdmin",
    "@foo",
    "Ann @foo",
    "\uff20foo",
    "\u0301Ann",
]
SAME = [
    ("Admin", "ADMIN"),
    ("Admin", "Ａｄｍｉｎ"),
    ("José", "Jose\u0301"),
    ("Ann Marie", "Ann\u00a0\u2003Marie"),
    ("山田 太郎", "山田　太郎"),
    ("Straße", "STRASSE"),
    ("Admin", "Ad\u200bmin"),
    ("Admin", "\u202eAdmin\ufe0f"),
    ("José", "Jose\u200b\u0301"),
    ("가", "\u1100\u1161"),
    ("ガ", "ｶﾞ"),
    ("Ⅳ", "iv"),
]


@pytest.mark.parametrize("name", ALLOWED)
def test_names_of_any_one_alphabet_are_allowed(name):
    assert names.problem(names.tidy(name)) is None


@pytest.mark.parametrize("name", REFUSED)
def test_names_that_hide_or_mix_something_are_refused_with_a_sentence(name):
    said = names.problem(names.tidy(name))

    assert said is not None
    assert said[0].isupper()
    assert said.endswith(".")
    assert said.isprintable()


@pytest.mark.parametrize(("one", "other"), SAME)
def test_two_ways_of_writing_a_name_have_one_key(one, other):
    assert names.key_of(one) == names.key_of(other) != ""


@pytest.mark.parametrize(("one", "other"), [("Jose", "José"), ("Ann", "Anna"), ("Al", "AI"), ("Barn", "Bam")])
def test_other_names_have_other_keys(one, other):
    assert names.key_of(one) != names.key_of(other)
    assert not names.looks_like(one, other)


@pytest.mark.parametrize(
    ("one", "other"), [("Аса", "Aca"), ("Iris", "Ігіѕ"[:1] + "ris"), ("ОРЕХ", "OPEX"), ("Ρορ", "Pop")]
)
def test_names_of_two_alphabets_may_look_the_same(one, other):
    assert names.looks_like(one, other)
    assert names.looks_like(other, one)


@pytest.mark.parametrize(("one", "other"), [("Иван", "Ivan"), ("山田", "Yamada"), ("Ελένη", "Eleni")])
def test_a_name_is_not_taken_for_its_transcription(one, other):
    assert not names.looks_like(one, other)


@pytest.mark.parametrize(
    ("given_name", "fit"),
    [("Admin\u202e", "Admin"), ("@jane", "jane"), ("Аdmin", ""), ("\u200b", ""), ("Ann\x00 Marie", "Ann Marie")],
)
def test_a_name_from_elsewhere_is_made_fit(given_name, fit):
    assert names.made_fit(given_name) == fit


@given(st.text())
def test_a_key_is_its_own_key(text):
    assert names.key_of(names.key_of(text)) == names.key_of(text)


@given(st.text())
def test_composing_changes_no_key(text):
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        assert names.key_of(unicodedata.normalize(form, text)) == names.key_of(text)


@given(st.text(), st.text(min_size=1), st.text())
def test_places_in_a_folded_text_lead_back(before, name, after):
    text = f"{before} {name} {after}"

    folded, origin = names.fold(text)

    places = [origin(place) for place in range(len(folded) + 1)]
    assert places == sorted(places)
    assert places[-1] == len(text)


@given(st.text())
def test_what_is_made_fit_is_allowed(text):
    fit = names.made_fit(text)

    assert fit == "" or names.problem(fit) is None
