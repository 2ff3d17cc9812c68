"""A board page is answered from the cache until any write."""

import re

import pytest

from helix import live
from helix.web import page_cache
from tests.support.waiting import wait_for

pytestmark = pytest.mark.every_database


@pytest.fixture
def remembering(clean_app, monkeypatch):
    """As in a web process."""
    monkeypatch.setattr(live.rights, "_following", True)
    monkeypatch.setattr(live.writes, "_following", True)
    # A loaded machine may take longer for two requests than answers are kept.
    monkeypatch.setattr(page_cache.pages, "seconds", 60.0)
    wait_for(lambda: live.writes.state() is not None)
    yield
    page_cache.pages.clear()


@pytest.fixture
def task(make):
    return make.task(title="Plan the launch")


@pytest.fixture
def board(task):
    return f"/boards/{task.board_id}"


@pytest.fixture
def client(remembering, pages, ada, board):
    """A browser whose session has all that it will have."""
    client = pages.as_(ada)
    assert client.get(board).status_code == 200
    return client


def without_keys(answer) -> str:
    """A page but for the keys of its forms: those are new each time it is shown."""
    return re.sub(r'name="form_key" value="[^"]*"', "", answer.text)


def test_the_same_page_again_asks_nothing(client, board, statements):
    first = client.get(board)

    with statements() as sent:
        again = client.get(board)

    assert sent == []
    assert without_keys(again) == without_keys(first)
    assert again.headers["Cache-Control"] == "private, no-store"


def test_a_changed_card_shows_on_the_next_page(client, board, api, ada, task):
    assert "Plan the launch" in client.get(board).text

    api.as_(ada).patch(f"/api/tasks/{task.id}", json={"title": "Plan the party"})

    page = client.get(board).text
    assert "Plan the party" in page
    assert "Plan the launch" not in page


def test_a_part_is_another_answer_than_the_page(client, board):
    page = client.get(board).text

    part = client.get(board, headers={"HX-Request": "true", "HX-Request-Type": "partial"}).text

    assert page.startswith("<!doctype html>")
    assert not part.startswith("<!doctype html>")


def test_another_session_gets_its_own_page(client, board, pages, ada):
    def tokens(page):
        return [part.split('"')[0] for part in page.split('name="csrf_token" value="')[1:]]

    other = pages.as_(ada)
    other.get(board)

    assert tokens(client.get(board).text) != tokens(other.get(board).text)


def test_who_is_no_longer_let_in_gets_nothing(client, board, api, ada, pages, mia):
    browser = pages.as_(mia)
    assert browser.get(board).status_code == 200

    api.as_(ada).put(f"/api{board}/permissions", json=[{"user_id": mia.id, "level": "none"}])

    assert browser.get(board).status_code == 404
