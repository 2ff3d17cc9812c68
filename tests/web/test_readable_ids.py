"""Readable ids on the rows of search results and of the inbox."""

from helix.models.vocabulary import TaskStatus


def test_rows_begin_with_the_readable_id(pages, ada, make):
    board = make.board("Blog", key="BLOG")
    task = make.task("Write about tea", board=board, agent=make.agent("Sierra"), status=TaskStatus.REVIEW)
    browser = pages.as_(ada)

    found, inbox = browser.get("/search?q=tea").text, browser.get("/inbox").text

    assert f'hit-key">BLOG-{task.id}<' in found
    assert f"BLOG-{task.id} · Sierra" in inbox
