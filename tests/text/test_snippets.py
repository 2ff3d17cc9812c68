import pytest

from helix.text.snippets import Part, marked, snippet


def words(parts):
    return "".join(f"[{text}]" if is_hit else text for text, is_hit in parts)


@pytest.mark.parametrize(
    ("text", "term", "shown"),
    [
        ("Weekly report on linen", "report", "Weekly [report] on linen"),
        ("Report, REPORT", "report", "[Report], [REPORT]"),
        ("Crème brûlée", "brulee", "Crème [brûlée]"),
        ("Straße 5", "strasse", "[Straße] 5"),
        ("Crème", "me", "Crè[me]"),
        ("Nothing here", "linen", "Nothing here"),
        ("", "linen", ""),
        ("Anything", "", "Anything"),
    ],
)
def test_every_place_of_a_title_that_matches_is_marked(text, term, shown):
    assert words(marked(text, term)) == shown


def test_one_or_two_letters_are_marked_at_the_beginning_of_a_word_only():
    assert words(marked("Concert on the lawn", "on", word_start=True)) == "Concert [on] the lawn"


def test_a_snippet_is_one_line_around_the_first_hit_cut_at_words():
    text = f"{'before ' * 30}\n\n the linen\twas sold {'after ' * 30}"

    found = words(snippet(text, "linen", around=30))

    assert found == "…before before before the [linen] was sold after after after…"


def test_a_text_without_a_hit_has_no_snippet():
    assert snippet("Nothing of the kind", "linen") == []


def test_a_short_text_is_shown_whole():
    assert snippet("See <b>linen</b>", "linen") == [Part("See <b>", False), Part("linen", True), Part("</b>", False)]


def test_marks_of_markdown_are_left_out_unless_they_are_sought():
    assert words(snippet("**Linen** is `good`", "linen")) == "[Linen] is good"
    assert words(snippet("Tagged #linen here", "#linen")) == "Tagged [#linen] here"
