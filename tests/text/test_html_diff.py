"""Differences of rendered texts: words, blocks, and how much a comparison may cost."""

import time

import pytest

from helix.text import html_diff, markdown


def difference(before: str, after: str) -> str:
    found = html_diff.difference(markdown.render(before), markdown.render(after))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("# Report", "# Final report", "<h1><del>Report</del> <ins>Final report</ins></h1>"),
        ("one two three", "one 2 three", "<p>one <del>two</del> <ins>2</ins> three</p>"),
        ("one two", "one two three", "<p>one two <ins>three</ins></p>"),
        ("one two three", "one two", "<p>one two <del>three</del></p>"),
        ("all **bold** here", "all **very bold** here", "<p>all <strong><ins>very</ins> bold</strong> here</p>"),
        ("Same.", "Same.\n\nNew & true.", "<p>Same.</p><p><ins>New &amp; true.</ins></p>"),
        ("Old thing.\n\nSame.", "Same.", "<p><del>Old thing.</del></p><p>Same.</p>"),
        ("- a\n- b", "- a\n- c", "<ul><li>a</li><li><ins>c</ins></li><li><del>b</del></li></ul>"),
    ],
)
def test_what_has_changed_is_marked(before: str, after: str, expected: str) -> None:
    found = difference(before, after)

    assert found.replace("\n", "") == expected


def test_cells_of_a_table_are_compared_in_their_column() -> None:
    table = "| a | b |\n|---|---|\n| 1 | {} |"

    found = difference(table.format("two words"), table.format("two signs"))

    assert "<td>1</td><td>two <del>words</del> <ins>signs</ins></td>" in found.replace("\n", "")


def test_a_changed_quote_and_a_changed_list_item_keep_their_markup() -> None:
    found = difference(
        "> it is a good idea\n\n1. first item here\n2. last", "> it is a bad idea\n\n1. first thing here\n2. last"
    )

    assert "<blockquote><p>it is a <del>good</del> <ins>bad</ins> idea</p></blockquote>" in found.replace("\n", "")
    assert "<li>first <del>item</del> <ins>thing</ins> here</li><li>last</li>" in found.replace("\n", "")


def test_text_cannot_become_markup() -> None:
    found = difference("a <b>x</b> <script>1</script> y", "a <b>z</b> <script>2</script> y &lt;i&gt;")

    assert "<b>" not in found
    assert "<script" not in found
    assert "<i>" not in found
    assert "&lt;script&gt;" in found


def test_markup_that_nobody_reads_is_no_difference() -> None:
    assert "<ins>" not in difference("* one\n* two", "- one\n- two")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("the a " * 8_000, "a the of " * 6_000),
        ("\n\n".join(f"x{n}" for n in range(3_000)), "\n\n".join(f"y{n}" for n in range(3_000))),
        ("\n\n".join(f"word {n} a b c" for n in range(2_000)), "\n\n".join(f"word {n} d e f" for n in range(2_000))),
        (" ".join(f"w{n * 7 % 99}" for n in range(9_000)), " ".join(f"w{n * 5 % 99}" for n in range(9_000))),
    ],
)
def test_a_comparison_takes_a_bounded_time(before: str, after: str) -> None:
    old, new = markdown.render(before), markdown.render(after)
    began = time.thread_time()

    found = html_diff.difference(old, new)

    assert found is None or "<ins>" in found
    assert time.thread_time() - began < 4


def test_what_is_too_long_is_not_compared() -> None:
    assert html_diff.difference("<p>a</p>", "<p>" + "b " * html_diff.LONGEST + "</p>") is None
