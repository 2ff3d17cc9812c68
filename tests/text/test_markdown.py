import re
from html import unescape
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helix.text.markdown import TAGS, plain, render
from tests.support.injections import injections

LINK = 'target="_blank" rel="noopener noreferrer nofollow"'
ATTRIBUTES = {
    *("href", "title", "target", "rel", "src", "alt", "loading", "class", "start"),
    *("type", "disabled", "checked", "aria-label"),
}


class Harmless(HTMLParser):
    """Reads HTML and fails on anything beyond the allow list."""

    def handle_starttag(self, tag, attrs):
        assert tag in TAGS
        for name, value in attrs:
            assert name in ATTRIBUTES, f"{tag} {name}"
            if name == "href":
                assert re.match(r"https?://|mailto:|/(?![/\\])", value, re.IGNORECASE), value
            if name == "src":
                assert re.match(r"/(?![/\\])", value), value

    def handle_comment(self, data):
        raise AssertionError("a comment")

    def handle_decl(self, decl):
        raise AssertionError("a declaration")

    def handle_pi(self, data):
        raise AssertionError("a processing instruction")


def assert_harmless(html):
    reader = Harmless(convert_charrefs=True)
    reader.feed(html)
    reader.close()


def test_the_check_itself_notices_what_does_harm():
    for html in ("<script>", "<p onclick=x>", "<a href='javascript:x'>", "<img src='//x'>", "<!-- x -->"):
        with pytest.raises(AssertionError):
            assert_harmless(html)


def test_there_are_more_than_five_hundred_different_injections():
    assert len(injections()) >= 500


@pytest.mark.parametrize("start", range(0, len(injections()), 50))
def test_nothing_of_the_corpus_comes_through(start):
    for text in injections()[start : start + 50]:
        assert_harmless(render(text))
        assert_harmless(render(text, mentions=[text, "Jane"]))
        assert_harmless(render(f"@Jane {text} @{text}", mentions=["Jane", text]))


@settings(deadline=None)
@given(st.lists(st.sampled_from([*injections(), "@Jane", "\n", "[", "](", ")", "`", "|", "&", "<", ">", '"', "* "])))
def test_no_mixture_of_injections_comes_through(parts):
    assert_harmless(render("".join(parts), mentions=["Jane"]))


def test_the_usual_marks_become_html():
    assert render("**a** _b_ ~~c~~ `d`") == "<p><strong>a</strong> <em>b</em> <s>c</s> <code>d</code></p>\n"
    assert render("> a\n\n1. b\n") == "<blockquote>\n<p>a</p>\n</blockquote>\n<ol>\n<li>b</li>\n</ol>\n"
    assert render("a\nb") == "<p>a<br>\nb</p>\n"


def test_columns_are_aligned_by_classes_and_never_by_styles():
    html = render("|a|b|\n|-:|:-:|\n|1|2|")

    assert '<td class="align-right">1</td>' in html
    assert '<td class="align-center">2</td>' in html
    assert "style" not in html


def test_a_list_of_things_to_do_has_boxes_that_say_whether_they_are_done():
    html = render("- [x] one\n- [ ] two")

    assert html.count('type="checkbox"') == html.count('disabled=""') == html.count('aria-label="Done"') == 2
    assert len(re.findall(r"<input[^>]* checked", html)) == 1


def test_links_open_elsewhere_and_give_nothing_away():
    assert render("[x](https://example.org)") == f'<p><a href="https://example.org" {LINK}>x</a></p>\n'
    assert render("[x](/tasks/17)") == f'<p><a href="/tasks/17" {LINK}>x</a></p>\n'
    assert render("<mailto:a@b.c>") == f'<p><a href="mailto:a@b.c" {LINK}>mailto:a@b.c</a></p>\n'


@pytest.mark.parametrize("address", ["//evil.org", "ftp://x.org", "tasks/17", "#x", "file:///etc/passwd"])
def test_other_addresses_lead_nowhere(address):
    assert "href" not in render(f"[x](<{address}>)")


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("see https://example.org.", "https://example.org"),
        ("(https://example.org/a_(b))", "https://example.org/a_(b)"),
        ("https://example.org/?a=1&b=2, then", "https://example.org/?a=1&amp;b=2"),
        ("*https://example.org*", "https://example.org"),
        ("HTTP://EXAMPLE.ORG/x", "HTTP://EXAMPLE.ORG/x"),
    ],
)
def test_a_bare_address_becomes_a_link_without_the_punctuation_after_it(text, address):
    assert f">{address}</a>" in render(text)


@pytest.mark.parametrize("text", ["`https://example.org`", "https://", "xhttps://example.org", "http:/example.org"])
def test_what_only_looks_like_an_address_stays_text(text):
    assert "<a" not in render(text)


def test_a_link_within_a_link_stays_one_link():
    assert render("[https://a.org](https://b.org)").count("<a ") == 1
    assert render("[![x](https://a.org/x.png)](https://b.org)").count("<a ") == 1


def test_our_own_pictures_are_shown_and_others_become_links():
    assert '<img src="/files/1" alt="a b" loading="lazy">' in render("![a *b*](/files/1)")
    assert render("![a *b*](https://evil.org/x.png)") == f'<p><a href="https://evil.org/x.png" {LINK}>a b</a></p>\n'
    assert "<img" not in render("![x](//evil.org/x.png) ![y](data:image/png;base64,AAAA)")


def test_code_is_coloured_by_classes():
    html = render("```python\ndef f(): pass\n```")

    assert '<code class="language-python"><span class="k">def</span>' in html
    assert "style" not in html


@pytest.mark.parametrize("language", ["", "unheard-of", "brainfuck", "python" + "x" * 100])
def test_code_of_another_language_stays_plain(language):
    html = render(f"```{language}\n<b> & def\n```")

    assert "&lt;b&gt; &amp; def" in html
    assert "<span" not in html


def test_known_names_are_marked_and_code_is_not():
    html = render("@jane smith, @Nobody, `@Jane Smith` and a@jane smith", mentions=["Jane Smith"])

    assert html.startswith('<p><span class="mention">@jane smith</span>, @Nobody, <code>@Jane Smith</code>')
    assert html.count("mention") == 1


@pytest.mark.parametrize("blank", ["\u00a0", "  ", "\u3000", "\t"])
def test_a_mention_is_marked_whatever_blank_its_name_is_written_with(blank):
    html = unescape(render(f"so @ann{blank}marie, yes", mentions=["Ann", "Ann Marie"]))

    assert f'<span class="mention">@ann{blank}marie</span>, yes' in html


def test_a_mention_that_goes_on_in_the_next_line_is_marked_as_one():
    html = render("so @Ann\nMarie and @Ann", mentions=["Ann", "Ann Marie"])

    assert html == ('<p>so <span class="mention">@Ann<br>\nMarie</span> and <span class="mention">@Ann</span></p>\n')


def test_a_marked_name_is_escaped():
    html = render("@<b>x & @y", mentions=["<b>x", "y"])

    assert html == '<p><span class="mention">@&lt;b&gt;x</span> &amp; <span class="mention">@y</span></p>\n'


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "[a]: http://x/" + "y" * 50_000 + "\n\n" + "[a]" * 16_000,
        "|a" * 300 + "|\n" + "|-" * 300 + "|\n" + "|\n" * 30_000,
        ">" * 100_000,
        "https://a" + ")" * 90_000,
        "/@" * 50_000,
    ],
    ids=["brackets", "one long reference", "empty cells", "quotes", "closing brackets", "mentions"],
)
def test_a_hundred_thousand_hostile_characters_do_not_grow_without_bound(text):
    assert len(render(text, mentions=["Jane"])) < 2_000_000


def test_a_preview_is_words_on_one_line():
    text = "# Title\n\nSome **bold** `code`, <b> & [a link](https://x.org)\nnext\n\n- [ ] item\n\n```\nx = 1\n```"

    assert plain(text, 200) == "Title Some bold code, <b> & a link next item x = 1"


def test_a_long_preview_is_cut_at_a_word():
    assert plain("one two three four", 12) == "one two…"
    assert plain("x" * 50, 10) == "x" * 9 + "…"
    assert plain("exactly ten", 11) == "exactly ten"
    assert plain("", 10) == ""


@given(st.text(max_size=300), st.integers(1, 80))
def test_a_preview_never_passes_its_limit(text, limit):
    words = plain(text, limit)

    assert len(words) <= limit
    assert "\n" not in words
