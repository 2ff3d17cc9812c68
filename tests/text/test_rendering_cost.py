"""Rendering cost is linear in the text length, measured by ratios within one run."""

import time

import pytest

from helix.text.highlighting import BOUNDS
from helix.text.markdown import LONGEST_FORMATTED, render

SHAPES = {
    "nested quotes": "> ",
    "quoted lines": "> a\n",
    "strong without end": "**a",
    "emphasis inside words": "_a_",
    "mixed emphasis": "*a_",
    "strikethrough": "~~a ",
    "asterisks": "*",
    "brackets": "[",
    "picture brackets": "![",
    "links without end": "[a](",
    "links": "[a](/u)",
    "link addresses": "[](<",
    "references": "[a]: /u\n",
    "references without end": '[a]: /u\n"x\n',
    "reference labels": "[a\n",
    "footnotes": "[^1]: a\n",
    "tables": "|a|\n|-|\n|b|\n\n",
    "table rows": "|a|b|\n",
    "html": "<a b='",
    "html blocks": "<div>\n",
    "comments": "<!--",
    "character data": "<![CDATA[",
    "autolinks": "<https://e.com>",
    "autolinks without end": "<https:",
    "bare links": "https://e.com\n",
    "brackets after an address": "https://e.com/()",
    "lists": "- a\n",
    "loose lists": "- a\n\n",
    "nested lists": "- ",
    "numbered lists": "1. a\n",
    "lists in quotes": "> - ",
    "task lists": "- [ ] a\n",
    "loose task lists": "- [x] a\n\n",
    "numbered task lists": "1. [ ] a\n",
    "task lists in quotes": "> - [ ] a\n",
    "nested task lists": "- [ ] ",
    "fences": "```\na\n```\n",
    "fences without end": "```\n",
    "indented code": "    a\n",
    "headings": "# a\n",
    "underlined headings": "a\n=\n",
    "rules": "---\n",
    "backticks": "`a",
    "entities": "&amp;",
    "numbered entities": "&#",
    "backslashes": "\\*",
    "hard breaks": "a  \n",
    "mentions": "@jane ",
    "mentions after slashes": "x/@jane",
    "combining marks": "e\u0301",
    "words": "word ",
    "carriage returns": "a\r",
}
GROWING = {
    "backticks that grow": lambda length: " ".join("`" * n for n in range(1, int((2 * length) ** 0.5))),
    "quotes that grow": lambda length: "\n".join(">" * n for n in range(1, int((2 * length) ** 0.5))),
    "lists that grow deeper": lambda length: "\n".join("  " * n + "- [ ] a" for n in range(int(length**0.5))),
    "brackets that close": lambda length: "[" * (length // 2) + "]" * (length // 2),
    "one list, then one long item": lambda length: "- [ ] a\n\n" + "  b\n\n" * (length // 5),
    "a table as wide as high": lambda length: table(int(length**0.5 // 2), length // 4),
}


def table(columns, rows):
    return "|" + "a|" * columns + "\n|" + "-|" * columns + "\n" + "|b\n" * rows


def of_length(shape, length):
    if shape in GROWING:
        return GROWING[shape](length)
    piece = SHAPES[shape]
    return piece * (length // len(piece))


def cost(text):
    began = time.process_time()
    render(text, ["Jane"])
    return time.process_time() - began


@pytest.mark.parametrize("shape", [*SHAPES, *GROWING])
def test_four_times_the_text_is_about_four_times_the_work(shape):
    short, long = of_length(shape, 8_000), of_length(shape, 32_000)

    # Other programs make both slower: the best of several is told apart from sixteen times, which a square would be.
    ratios = (cost(long) / max(cost(short), 0.002) for _ in range(6))

    assert any(ratio < 8 for ratio in ratios)


@pytest.mark.parametrize("shape", ["words", "brackets", "task lists", "fences", "picture brackets"])
def test_a_text_far_beyond_the_longest_costs_no_more_than_the_longest(shape):
    longest, model_output = of_length(shape, LONGEST_FORMATTED), of_length(shape, LONGEST_FORMATTED * 8)

    ratios = (cost(model_output) / cost(longest) for _ in range(6))

    # Eight times the text: formatting all of it would cost eight times as much.
    assert any(ratio < 3 for ratio in ratios)


def test_the_rest_of_a_long_text_follows_as_text():
    text = "**strong**\n\n" * 6_000 + "<b>the end</b>\n"

    html = render(text)

    assert html.startswith("<p><strong>strong</strong></p>")
    assert "**strong**\n\n&lt;b&gt;the end&lt;/b&gt;\n</pre></details>" in html
    assert html.count("<strong>") + html.count("**strong**") == 6_000, "nothing is lost at the cut"


def test_a_text_of_the_longest_formatted_length_is_formatted_to_its_end():
    html = render("a " * (LONGEST_FORMATTED // 2 - 4) + "**end**")

    assert "<strong>end</strong>" in html
    assert "<details" not in html


@pytest.fixture(scope="module")
def ordinary():
    """What the longest ordinary text costs."""
    return min(cost(of_length("lists", LONGEST_FORMATTED)) for _ in range(3))


@pytest.mark.parametrize("piece", ["\n", "a\n", "a.", "a:"], ids=repr)
@pytest.mark.parametrize("language", sorted(BOUNDS))
def test_code_blocks_cost_no_more_than_a_few_ordinary_texts(language, piece, ordinary):
    block = f"```{language}\n{piece * (BOUNDS[language] // len(piece))}\n```\n\n"

    costs = (cost(block * (40_000 // len(block))) for _ in range(4))

    assert any(seconds < 4 * ordinary for seconds in costs)
