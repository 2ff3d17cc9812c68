"""Limits of Markdown rendering per page, and its cache."""

import pytest

from helix.live.cache import Cache
from helix.services import comments
from helix.text import markdown
from helix.web import formatted
from helix.web.formatted import html, is_cut
from tests.support.people import as_actor


@pytest.fixture(autouse=True)
def empty_cache(monkeypatch):
    monkeypatch.setattr(formatted, "rendered", Cache(most_bytes=1_000_000))


@pytest.fixture
def renderings(monkeypatch):
    """The texts that were really rendered."""
    rendered, real = [], markdown.render
    monkeypatch.setattr(markdown, "render", lambda text, *more: rendered.append(text) or real(text, *more))
    return rendered


def test_a_thread_that_is_looked_at_again_is_not_rendered_again(pages, mia, noah, make, renderings):
    task = make.task(by=mia, description="**It**")
    for number in range(20):
        comments.add(as_actor(mia), task.id, f"Number *{number}*")
    first = pages.as_(mia).part(f"/tasks/{task.id}/panel").text
    renderings.clear()

    second = pages.as_(noah).part(f"/tasks/{task.id}/panel").text

    assert renderings == []
    assert "Number <em>19</em>" in first
    assert "Number <em>19</em>" in second


def test_an_edited_comment_is_rendered_as_it_is_now(pages, mia, make):
    task = make.task(by=mia)
    comment = comments.add(as_actor(mia), task.id, "*before*")
    pages.as_(mia).part(f"/tasks/{task.id}/panel")

    comments.edit(as_actor(mia), comment.id, "*after*")

    assert "<em>after</em>" in pages.as_(mia).part(f"/tasks/{task.id}/panel").text


def test_a_mention_is_marked_as_soon_as_its_name_exists(clean_app, renderings):
    before = html("Ask @Jane", ["Ann"])
    after = html("Ask @Jane", ["Ann", "Jane"])
    again = html("Ask @Jane", ["Ann", "Jane"])

    assert "mention" not in before
    assert '<span class="mention">@Jane</span>' in after
    assert again == after
    assert len(renderings) == 2


def test_a_page_that_has_used_its_time_shows_texts_as_they_were_written(clean_app, renderings, monkeypatch):
    monkeypatch.setattr(formatted, "SECONDS_OF_A_PAGE", 0.0)

    shown = html("**not** <b>rendered</b>")

    assert shown == '<p class="as-written">**not** &lt;b&gt;rendered&lt;/b&gt;</p>'
    assert renderings == []


def test_what_does_not_fit_in_a_page_is_cut_and_can_be_asked_for(pages, mia, make, monkeypatch):
    task = make.task(by=mia)
    comment = comments.add(as_actor(mia), task.id, "word " * 300 + "**end**")
    monkeypatch.setattr(formatted, "CHARACTERS_OF_A_PAGE", 1_000)

    thread = pages.as_(mia).part(f"/tasks/{task.id}/panel").text
    monkeypatch.undo()
    alone = pages.as_(mia).part(f"/comments/{comment.id}").text

    assert f'hx-get="/comments/{comment.id}"' in thread
    assert "<strong>end" not in thread
    assert "<strong>end" in alone


def test_nobody_can_write_a_text_that_looks_cut(clean_app):
    assert not is_cut(html(str(formatted.CUT)))


def test_what_no_longer_fits_is_not_rendered_either(clean_app, renderings, monkeypatch):
    monkeypatch.setattr(formatted, "CHARACTERS_OF_A_PAGE", 100)

    shown = [html("x" * 60 + str(number)) for number in range(20)]

    assert len(renderings) == 1
    assert sum(is_cut(one) for one in shown) == 19


def test_a_thousand_long_comments_cost_a_page_a_bounded_amount(clean_app):
    shown = [html(f"{number} " + "- [ ] a\n" * 2_000) for number in range(1_000)]

    assert sum(map(len, shown)) < 6_000_000
    assert is_cut(shown[-1])
    assert formatted.rendered.bytes <= 1_000_000
