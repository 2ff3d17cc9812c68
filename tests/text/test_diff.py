from hypothesis import given
from hypothesis import strategies as st

from helix.text.diff import Line, lines


def test_what_changed_stands_between_what_stayed():
    assert lines("a\nb\nc\n", "a\nB\nc\nd\n") == [
        Line("same", "a"),
        Line("removed", "b"),
        Line("added", "B"),
        Line("same", "c"),
        Line("added", "d"),
    ]


def test_an_empty_text_has_no_lines():
    assert lines("", "a") == [Line("added", "a")]
    assert lines("a", "") == [Line("removed", "a")]
    assert lines("", "") == []


def test_far_from_changes_lines_are_counted_instead_of_shown():
    before = "\n".join(str(number) for number in range(20))

    found = lines(before, before.replace("10", "ten"), context=1)

    assert found == [
        Line("skipped", "9"),
        Line("same", "9"),
        Line("removed", "10"),
        Line("added", "ten"),
        Line("same", "11"),
        Line("skipped", "8"),
    ]
    assert lines("a\nb", "a\nb", context=3) == [Line("skipped", "2")]


texts = st.lists(st.sampled_from(["a", "b", "", "c d", "\x0c", "\u2028"]), max_size=30).map("\n".join)


@given(texts, texts)
def test_both_texts_can_be_read_off_the_difference(before, after):
    found = lines(before, after)

    for text, kind in ((before, "removed"), (after, "added")):
        kept = "\n".join(line.text for line in found if line.kind in ("same", kind))
        assert kept == text.removesuffix("\n")


def test_two_long_texts_with_nothing_in_common_are_replaced_as_a_whole():
    before, after = "\n".join(f"a{n}" for n in range(5000)), "\n".join(f"b{n}" for n in range(5000))

    found = lines("same\n" + before, "same\n" + after)

    assert [line.kind for line in found] == ["same", *["removed"] * 5000, *["added"] * 5000]
