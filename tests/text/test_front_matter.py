import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from helix.text.front_matter import FrontMatterError, dump, parse, segments

text = st.text(st.characters(exclude_categories=["Cs"]))
tricky = st.sampled_from(
    ["---", "--- ", "...", "yes", "1.10", "01", "1e5", "0x1F", "12:30", "2026-01-01", "~", "null", "a: b", "- x", "#"]
    + ["'", '"', "\n", "a\n---\nb", "\r\n", "&a", "*a", "!x", "<<", "=", ".inf", "1_000", " a", "a ", "?", "@", "`"]
    + ["\ufeff", "\x85", "\u2028", "\x00", "\x7f", "\ud7ff", "\U0001f600", "a" * 300, "a b " * 90]
)
keys = st.one_of(tricky, st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**30), 10**30),
    st.floats(allow_nan=False, allow_infinity=False),
    text,
    tricky,
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3), max_leaves=8
)


@given(st.dictionaries(keys, values, max_size=5), st.one_of(text, st.lists(tricky).map("\n".join)))
@example({"name": "x"}, "---\n---\r\n\r\n---\n")
@example({}, "\n\nbody\r\n")
def test_what_was_written_is_read_back_to_the_letter(mapping, body):
    assert parse(dump(mapping, body)) == (mapping, body)


@given(text)
def test_a_text_without_front_matter_is_all_body(body):
    if not body.startswith(("---", "\ufeff")):
        assert parse(body) == ({}, body)


@given(text, st.booleans())
def test_no_text_ends_in_anything_but_a_mapping_or_a_sentence(head, closed):
    try:
        mapping, _ = parse(f"---\n{head}\n---\n" if closed else f"---\n{head}")
    except FrontMatterError:
        return

    assert all(isinstance(key, str) for key in mapping)


def test_keys_keep_their_order_and_lists_are_easy_to_read():
    written = dump({"name": "Brand voice", "tags": ["a", "b"], "activation": {"mode": "always"}}, "Body\n")

    assert written == ("---\nname: Brand voice\ntags:\n  - a\n  - b\nactivation:\n  mode: always\n---\n\nBody\n")


def test_other_programs_read_what_was_written():
    written = dump({"name": "yes", "version": "1.10", "day": "2026-01-01"}, "Body")

    assert yaml.safe_load(written.split("---\n")[1]) == {"name": "yes", "version": "1.10", "day": "2026-01-01"}


@pytest.mark.parametrize("break_", ["\n", "\r\n"])
def test_front_matter_of_other_programs_is_read(break_):
    source = break_.join(
        ["\ufeff---  ", "name: My skill", "on: yes", "day: 2026-01-01", "n: 3", "---", "", "# Title", ""]
    )

    mapping, body = parse(source)

    assert mapping == {"name": "My skill", "on": "yes", "day": "2026-01-01", "n": 3}
    assert body == f"# Title{break_}"


def test_a_body_may_follow_at_once_or_not_at_all():
    assert parse("---\na: 1\n---\nbody") == ({"a": 1}, "body")
    assert parse("---\na: 1\n---") == ({"a": 1}, "")
    assert parse("---\n---\nbody") == ({}, "body")


def test_some_values_can_be_asked_for_as_they_were_written():
    source = "---\nversion: 1.10\nname: 007\ndescription:\ninner:\n  version: 1.10\n---\n"

    mapping, _ = parse(source, as_written={"version", "name", "description"})

    assert mapping == {"version": "1.10", "name": "007", "description": None, "inner": {"version": 1.1}}


@pytest.mark.parametrize(
    ("head", "sentence"),
    [
        ("- a\n- b", "must be a mapping"),
        ("just words", "must be a mapping"),
        ("42", "must be a mapping"),
        ("a: b: c # d", "no valid YAML near line 2. Quote values that contain a colon"),
        ("a: b: c\n   more", "no valid YAML near line 2. Quote values that contain a colon|near line 3"),
        ("a: 1\nb: **bold** text", r"near line 3. A value that begins with \* is a reference"),
        ("a: *star*", r"near line 2. A value that begins with \*"),
        ("a: @someone", "near line 2. No value may begin with @"),
        ("a:\n\tb: 1", "near line 3. The line is indented with a tab"),
        ("name x\nb: 1", "The line above needs a colon"),
        ("a: 1\n  b: 2", "indented deeper"),
        ("a: 'it's'", "quotes do not match"),
        ('a: "\\ud83d"', "line 2: it holds half of a character"),
        ("a: [1", "no valid YAML"),
        ("a: \x00", "no valid YAML"),
        ("a: &x 1\nb: *x", "anchors and aliases"),
        ("a: *x", "anchors and aliases"),
        ("a: !!python/object/apply:os.system [id]", "tags"),
        ("a: !!binary aGk=", "tags"),
        ("a: !!set {x}", "tags"),
        ("? [1, 2]\n: x", "every key"),
        ("a: 1\na: 2", '"a" is there twice'),
        ("a: " + "[" * 50 + "]" * 50, "nested deeper"),
        ("a: " + "[" * 30_000, "no valid YAML|nested deeper"),
        ("a: 1.0e+999", "too large"),
    ],
)
def test_what_cannot_be_used_is_refused_in_words(head, sentence):
    with pytest.raises(FrontMatterError, match=sentence) as raised:
        parse(f"---\n{head}\n---\nbody")

    assert raised.value.status == 422
    assert raised.value.problems[0]["loc"] == ["file"]


def test_a_bomb_of_aliases_is_refused_before_it_grows():
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)]

    with pytest.raises(FrontMatterError, match="anchors and aliases"):
        parse("---\n" + "\n".join(levels) + "\n---\n")


def test_merging_with_the_two_angle_brackets_is_an_ordinary_key():
    assert parse("---\n<<: x\n---\n") == ({"<<": "x"}, "")


def test_front_matter_that_never_ends_is_told():
    with pytest.raises(FrontMatterError, match="not closed"):
        parse("---\nname: x\n\n# Title\n")


@pytest.mark.parametrize("closing", ["---# Title", " ---", "-----"])
def test_a_closing_line_that_is_almost_one_is_named(closing):
    with pytest.raises(FrontMatterError, match="line 3, .* must stand alone on its line"):
        parse(f"---\nname: x\n{closing}\nbody")


@pytest.mark.parametrize("before", ["\n", " \n\n", " ", "\ufeff", "\ufeff\r\n", "\t\n"])
def test_blank_lines_before_front_matter_do_not_hide_it(before):
    assert parse(f"{before}---\nname: x\n---\nbody") == ({"name": "x"}, "body")


def test_line_numbers_count_blank_lines_before_the_front_matter():
    with pytest.raises(FrontMatterError, match="near line 5"):
        parse("\n\n---\nname: x\nb: @y\n---\n")


@pytest.mark.parametrize("text", ["\n---\n\nA paragraph: short.\n", "\n\n---\n# Title\n---\n"])
def test_a_ruler_behind_blank_lines_is_no_front_matter(text):
    assert parse(text) == ({}, text)


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("a: Use when: the user asks", "Use when: the user asks"),
        ('a: Says "x": y, and it\'s z: w', 'Says "x": y, and it\'s z: w'),
        ("a: Examples:", "Examples:"),
        ("a: x: y\r", "x: y"),
        ("b:\n  - c\na: Note: this", "Note: this"),
    ],
)
def test_an_unquoted_value_with_a_colon_is_read_as_it_was_meant(line, value):
    mapping, body = parse(f"---\n{line}\nz: 1\n---\nbody")

    assert (mapping["a"], mapping["z"], body) == (value, 1, "body")


def test_two_escaped_halves_are_one_character_as_json_writes_it():
    assert parse('---\na: "x \\uD83D\\uDE80"\n"\\ud83d\\ude80": 1\n---\n')[0] == {"a": "x 🚀", "🚀": 1}


def test_the_lines_of_a_key_are_given_as_they_stand():
    head = "---\nname: x\nmetadata:\n  version: 1.10 # kept\n\nratio: 2.50\nlarge: 1.0e+2\nnote: a: b\n---\nbody"

    found = segments(head)

    assert found == {
        "name": "name: x\n",
        "metadata": "metadata:\n  version: 1.10 # kept\n\n",
        "ratio": "ratio: 2.50\n",
        "large": "large: 1.0e+2\n",
        "note": "note: 'a: b'\n",
    }
    written = dump(parse(head)[0], "body", verbatim=found)
    assert written == head.replace(": a: b", ": 'a: b'").replace("---\nbody", "---\n\nbody")
    assert segments("---\n{a: 1}\n---\n") == segments("no front matter") == {}


def test_too_long_a_text_or_head_is_refused():
    with pytest.raises(FrontMatterError, match="too long"):
        parse("x" * 2_000_001)
    with pytest.raises(FrontMatterError, match="64,000"):
        parse("---\na: " + "x" * 70_000 + "\n---\n")
