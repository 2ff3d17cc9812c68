"""The counters of the sidebar and their updates."""

import re

import pytest

from helix.models.vocabulary import BoardLevel, TaskStatus
from helix.services import boards
from tests.support.people import as_actor

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


def starred(page):
    shown = page.text.partition('id="nav-starred"')[2].partition('id="nav-boards"')[0]
    return re.findall(r'data-star="([^"]+)"', shown)


def test_boards_agents_and_views_become_favourites_in_an_order_of_ones_own(pages, mia, noah, make):
    board, agent = make.board("Blog"), make.agent(name="Sierra")
    view = boards.add_view(as_actor(mia), board.id, name="Urgent", query="priority=urgent")
    keys = [f"board-{board.id}", f"agent-{agent.id}", f"view-{view.id}"]
    browser = pages.as_(mia)
    for key in keys:
        answer = browser.send("/sidebar/star", {"key": key, "on": "1"})
        assert 'aria-pressed="true"' in answer.text

    browser.send("/sidebar/order", {"keys": f"{keys[2]},{keys[0]},board-99"})

    page = browser.get(f"/boards/{board.id}")
    assert starred(page) == [keys[2], keys[0], keys[1]]
    assert 'title="Remove from favourites"' in page.text
    assert starred(pages.as_(noah).get("/boards")) == []
    browser.send("/sidebar/star", {"key": keys[0], "on": "0"})
    assert starred(browser.get(f"/agents/{agent.id}")) == [keys[2], keys[1]]


def test_a_favourite_that_was_closed_to_the_person_is_not_shown(pages, ada, mia, make):
    board = make.board("Secret plans")
    private = boards.add_view(as_actor(ada), board.id, name="Of Ada", query="")
    browser = pages.as_(mia)
    browser.send("/sidebar/star", {"key": f"board-{board.id}", "on": "1"})
    make.grant(mia, board, BoardLevel.NONE)

    refused = [browser.send("/sidebar/star", {"key": key, "on": "1"}) for key in (f"view-{private.id}", "agent-9", "x")]

    assert starred(browser.get("/boards")) == []
    assert "Secret plans" not in browser.get("/boards").text
    assert [reply.status_code for reply in refused] == [422, 422, 422]


def test_folded_departments_and_the_width_are_kept(pages, mia, make):
    department = make.department()
    make.board(department=department)
    browser = pages.as_(mia)

    browser.send("/sidebar/fold", {"department": str(department.id), "folded": "1"})
    browser.send("/sidebar/width", {"width": "narrow"})

    page = browser.get("/boards").text
    assert f'<details class="nav-dept" data-department="{department.id}">' in page
    assert 'data-sidebar-width="narrow"' in page
    assert browser.send("/sidebar/width", {"width": "huge"}).status_code == 422
    browser.send("/sidebar/fold", {"department": str(department.id), "folded": "0"})
    assert f'<details class="nav-dept" open data-department="{department.id}">' in browser.get("/boards").text


def test_only_admins_add_boards_from_the_sidebar(pages, ada, mia, make):
    make.board()

    assert 'class="nav-add"' in pages.as_(ada).get("/inbox").text
    assert 'class="nav-add"' not in pages.as_(mia).get("/inbox").text
