"""The formatter of templates breaks long lines without changing what a page shows."""

import re
from pathlib import Path

import pytest
from jinja2 import Environment

from scripts.format_templates import WIDTH, format_source

TEMPLATES = sorted((Path(__file__).resolve().parents[2] / "templates").rglob("*.html"))
MOST_CHARACTERS = 160
LONG = "x" * 100


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.relative_to(path.parents[-4]).as_posix())
def test_templates_are_formatted_and_have_no_long_line(path):
    source = path.read_text(encoding="utf-8")

    formatted = format_source(source)

    assert formatted == source, "run `make fmt`"
    assert [line for line in source.split("\n") if len(line) > MOST_CHARACTERS] == []


@pytest.mark.parametrize(
    "source",
    [
        f"<p>{LONG}{{% if a %}}<b>{LONG}</b>{{% endif %}} and {{{{ value }}}}</p>",
        f'<span>{{{{ value }}}}{{% for one in (1, 2) %}}<i title="{LONG}">{{{{ one }}}}</i>{{% endfor %}}</span>',
        f"{{% if a %}}{LONG}{{% elif value %}} {LONG} {{% else %}}{LONG}{{% endif %}}",
        f"<pre>{LONG}\n   {LONG}</pre>",
        f"<textarea>\n{LONG}\n  {LONG}</textarea>",
        f"{{{{ value ~ dict(first='{LONG}', second='}}}}', third=[1, 2, 3]).first ~ 'a, b' }}}}",
    ],
)
@pytest.mark.parametrize("a", [True, False])
def test_text_is_rendered_as_before(source, a):
    values = {"a": a, "value": "some value"}
    before = Environment(autoescape=True).from_string(source).render(values)

    formatted = format_source(source)

    assert max(map(len, formatted.split("\n"))) < len(source)
    rendered = Environment(autoescape=True).from_string(formatted).render(values)
    assert (
        rendered == before if "<pre" in source or "<textarea" in source else _collapsed(rendered) == _collapsed(before)
    )


def _collapsed(html):
    """As a browser shows whitespace: any of it is one space."""
    return re.sub(r"\s+", " ", html)


def test_long_tag_gets_one_attribute_a_line():
    source = f'<a class="link" href="/{LONG}"{{% if a %}} title="one title"{{% endif %}} data-task>text</a>'

    formatted = format_source(source)

    assert formatted.split("\n") == [
        '<a class="link"',
        f'  href="/{LONG}"',
        '  {% if a %} title="one title"{% endif %}',
        "  data-task>text</a>",
    ]


def test_empty_element_stays_empty():
    source = f'<main><div class="answers" title="{LONG}" hx-get="/tasks/{{{{ a }}}}/answering"></div></main>'

    formatted = format_source(source)

    assert re.search(r">\s*</div>", formatted)[0] == "></div>"


def test_branches_of_a_condition_are_indented_alike():
    source = "<div>\n{% if a %}\n<ul>\n{% else %}\n<ol>\n{% endif %}\n<li>one</li>\n</div>"

    formatted = format_source(source)

    assert formatted.split("\n") == [
        "<div>",
        "  {% if a %}",
        "    <ul>",
        "  {% else %}",
        "    <ol>",
        "  {% endif %}",
        "    <li>one</li>",
        "</div>",
    ]


def test_formatting_again_changes_nothing():
    arguments = ", ".join(f'name_{number}="value {number}"' for number in range(12))
    source = f"<div>{{{{ ui.button({arguments}, attrs={{'a': {{'b': 1}}}}) }}}}<p>{LONG}</p><p>{LONG}</p></div>"

    formatted = format_source(source)

    assert format_source(formatted) == formatted
    assert re.search(rf"^.{{{WIDTH + 1},}}$", formatted, re.M) is None
