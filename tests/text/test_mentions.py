import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helix.text.mentions import NameIndex, find

NAMES = {
    name.casefold(): name
    for name in (
        *("Sierra", "Jane", "Jane Smith", "Jane Smith-Jones", "R2-D2", "snake_case", "Straße", "Ünal", "小明"),
        *("Ann", "Ann Marie", "山田 太郎", "José Núñez"),
    )
}


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("@Sierra", ["Sierra"]),
        ("Ask @sierra, then @JANE.", ["Sierra", "Jane"]),
        ("@Jane Smith is not @Jane", ["Jane Smith", "Jane"]),
        ("@Jane Smithers", ["Jane"]),
        ("@Jane Smith-Jones!", ["Jane Smith-Jones"]),
        ("@Jane\nSmith", ["Jane Smith"]),
        ("@Ann\u00a0Marie", ["Ann Marie"]),
        ("@Ann\nMarie", ["Ann Marie"]),
        ("@Ann\r\nMarie", ["Ann Marie"]),
        ("@Ann  \n   Marie", ["Ann Marie"]),
        ("@Ann\\\nMarie", ["Ann Marie"]),
        ("> so, @Ann\n> Marie", ["Ann Marie"]),
        ("@Ann\t Marie", ["Ann Marie"]),
        ("@Ann \u2009\u202f Marie!", ["Ann Marie"]),
        ("@Ann\u3000Marie @Ann\u2028Marie", ["Ann Marie"]),
        ("@Ann\n\nMarie", ["Ann"]),
        ("@Ann\n@Ann\nMarie", ["Ann", "Ann Marie"]),
        ("- @Ann\n- Marie", ["Ann"]),
        ("@Ann `x` Marie", ["Ann"]),
        ("@Ann\nMariella", ["Ann"]),
        ("@山田\u3000太郎", ["山田 太郎"]),
        ("请问@山田\n太郎", ["山田 太郎"]),
        ("@JOSE\u0301 NU\u0301N\u0303EZ", ["José Núñez"]),
        ("@Ｊａｎｅ　Ｓｍｉｔｈ", ["Jane Smith"]),
        ("@An\u00adn\u200b", ["Ann"]),
        ('@Jane\'s and (@sierra) and "@r2-d2"', ["Jane", "Sierra", "R2-D2"]),
        ("@Jane @jane @JANE", ["Jane"]),
        ("@snake_case and @snake", ["snake_case"]),
        ("@STRASSE and @straße", ["Straße"]),
        ("@ünal @U\u0308nal", ["Ünal"]),
        ("请@小明看一下", ["小明"]),
        ("@Sierra你好", ["Sierra"]),
        ("@Jane/@Sierra", ["Jane", "Sierra"]),
        ("Done.@Jane ...@Sierra -@r2-d2", ["Jane", "Sierra", "R2-D2"]),
        ("**@Jane** _@Sierra_ ~~@r2-d2~~", ["Jane", "Sierra", "R2-D2"]),
        ("# @Jane\n\n> @Sierra\n\n- [ ] @r2-d2\n\n|a|\n|-|\n|@小明|", ["Jane", "Sierra", "R2-D2", "小明"]),
        ("[ask @Jane](https://example.org)", ["Jane"]),
        ("first `code`, then @Jane", ["Jane"]),
        ("an unclosed ` and @Jane", ["Jane"]),
    ],
)
def test_who_is_mentioned(content, found):
    assert find(content, NAMES) == found


@pytest.mark.parametrize(
    "content",
    [
        "",
        "@",
        "@ Jane",
        "Jane",
        "@Nobody",
        "@Janet",
        "a@Jane",
        "jane@sierra.example.org and a.b@jane and a_b@jane, jane+@jane and j-@jane",
        "**a**@jane",
        "`a`@jane",
        "`@Jane`",
        "``a ` @Jane``",
        "`@Jane\n@Sierra`",
        "```\n@Jane\n```",
        "~~~python\n@Jane\n~~~",
        "```\n@Jane, and the fence is never closed",
        "    @Jane in an indented block",
        "> ```\n> @Jane\n> ```",
        "https://example.org/@Jane",
        "<https://example.org/@Jane>",
        "![@Jane](/files/1)",
        "[here](https://example.org/@Jane)",
    ],
)
def test_who_is_not_mentioned(content):
    assert find(content, NAMES) == []


def test_values_may_be_anything_and_no_names_find_nobody():
    assert find("@Jane", {"jane": ["not", "hashable"]}) == [["not", "hashable"]]
    assert find("@Jane", {}) == []
    assert find("@ @@", {"": 1}) == []


words = st.text(alphabet="abAB_ßİ-. é小", min_size=1, max_size=5)
known = (
    st.lists(words, min_size=1, max_size=6)
    .map(lambda names: {folded: folded for name in names if (folded := " ".join(name.split()).casefold())})
    .filter(bool)
)


@given(known, st.lists(st.one_of(words, st.sampled_from(["@", " ", "@", "/"])), max_size=12).map("".join))
def test_places_in_a_text_hold_the_longest_name_and_never_overlap(names, text):
    spans = list(NameIndex(names).spans(text))

    assert [span.start for span in spans] == sorted(span.start for span in spans)
    assert all(one.end <= other.start for one, other in zip(spans, spans[1:], strict=False))
    for span in spans:
        assert text[span.start] == "@"
        rest = text[span.start + 1 :].casefold()
        assert rest.startswith(span.name)
        longer = [n for n in names if len(n) > len(span.name) and re.match(re.escape(n) + r"(?![\w小])", rest)]
        assert longer == []


@given(known, st.data())
def test_a_known_name_after_a_space_is_always_found(names, data):
    name = data.draw(st.sampled_from(sorted(names)))

    spans = list(NameIndex(names).spans(f"so, @{name}"))

    assert [span.name for span in spans] == [name]


@given(st.text(alphabet="ab@`~ \n*_[]()<>\\", max_size=60))
def test_nothing_in_a_code_block_is_ever_found(text):
    quoted = "".join("    " + line + "\n" for line in text.split("\n"))

    assert find(quoted, {"a": 1, "b": 2, "ab": 3}) == []


def test_thousands_of_names_are_no_burden_to_a_long_comment():
    names = {f"agent {number} of the {number % 7} fleet": number for number in range(5000)}

    assert find("@Agent 17 of the 3 fleet " * 700, names) == [17]
