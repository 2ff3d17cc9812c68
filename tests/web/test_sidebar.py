"""The counters of the sidebar and their updates."""

import pytest

from helix.models.vocabulary import BoardLevel, TaskStatus

pytestmark = pytest.mark.every_database


def test_the_sidebar_counts_what_is_open_on_the_boards_that_one_sees(pages, mia, make, statements):
    board, hidden = make.board("Blog"), make.board("Secret")
    make.grant(mia, hidden, BoardLevel.NONE)
    for status in (TaskStatus.TODO, TaskStatus.REVIEW, TaskStatus.DONE):
        make.task(board=board, by=mia, status=status)
    browser = pages.as_(mia)
    browser.part("/sidebar")

    with statements() as asked:
        found = " ".join(browser.part(f"/sidebar?here=board-{board.id}").text.split())

    assert f'href="/boards/{board.id}" aria-current="page"' in found
    assert ">2<span" in found
    assert '<span class="count count-new">1</span>' in found
    assert "Secret" not in found
    assert len(asked) <= 5, asked
