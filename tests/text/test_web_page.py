"""Web pages as text, hostile ones included."""

import pytest

from helix.limited_process import Limits
from helix.text import web_page

ADDRESS = "https://example.com/a/page"


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<h2>Prices</h2><p>One<br>two</p>", "## Prices\n\nOne\ntwo"),
        ("<ul><li>one<li>two</ul>", "- one\n- two"),
        ("<table><tr><th>Size<th>Price<tr><td>S<td>4</table>", "| Size | Price\n| S | 4"),
        ("<p>a &amp; b &lt;c&gt;</p>", "a & b <c>"),
        ('<a href="b#c">there</a>', "there (https://example.com/a/b#c)"),
        ('<a href="#top">up</a> <a href="javascript:x()">x</a> <a href="mailto:a@b.c">m</a>', "up x m"),
        ("a<script>b()</script><style>c{}</style><svg><text>d</text></svg><!-- e -->", "a"),
        ("<p>one\n   two\t three</p>", "one two three"),
    ],
)
def test_the_text_is_what_a_person_reads(markup, text):
    assert web_page.text_of(markup, ADDRESS) == text


def test_a_page_is_read_in_a_process_of_its_own():
    assert web_page.extract("<p>Größe</p>", ADDRESS) == "Größe"


def test_a_page_that_keeps_a_parser_busy_is_given_up(monkeypatch):
    monkeypatch.setattr(web_page, "LIMITS", Limits(seconds=1))

    assert web_page.extract("<div>" * 190_000, ADDRESS) is None
