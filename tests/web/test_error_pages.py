"""Error pages for refused and missing pages keep the navigation for signed-in users."""

import pytest
from sqlalchemy.exc import OperationalError

from helix.services import navigation
from helix.web.dashboard import page as dashboard


def test_a_refused_page_keeps_its_frame_and_says_who_may(pages, mia):
    reply = pages.as_(mia).get("/models")

    assert reply.status_code == 403
    assert 'id="sidebar"' in reply.text
    assert "Only admins may open this. Ask one to do it for you, or to make you an admin." in reply.text


def test_a_refused_part_is_told_as_a_sentence(pages, mia):
    reply = pages.as_(mia).part("/models")

    assert reply.status_code == 403
    assert "Only admins may open this." in reply.text


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("/boards/999", "There is no such board."),
        ("/tasks/999", "There is no such task."),
        ("/no/such/page", "There is nothing at this address, or you may not see it."),
    ],
)
def test_what_is_not_there_is_said_within_the_frame(pages, mia, address, words):
    reply = pages.as_(mia).get(address)

    assert reply.status_code == 404
    assert 'id="sidebar"' in reply.text
    assert words in reply.text


def test_strangers_get_the_bare_page(pages):
    reply = pages.get("/no/such/page")

    assert reply.status_code == 404
    assert 'id="sidebar"' not in reply.text
    assert "There is nothing at this address" in reply.text


def test_a_picture_that_is_missing_brings_no_frame(pages, mia):
    reply = pages.as_(mia).get("/no/such/picture.png", headers={"Accept": "image/webp,*/*"})

    assert reply.status_code == 404
    assert 'id="sidebar"' not in reply.text


def test_a_page_that_breaks_keeps_its_frame(pages, mia, monkeypatch):
    monkeypatch.setattr(dashboard, "dashboard_needs", broken)

    reply = pages.as_(mia).get("/")

    assert reply.status_code == 500
    assert 'id="sidebar"' in reply.text
    assert "Something went wrong on our side." in reply.text


@pytest.mark.parametrize("failure", [ValueError("broken"), OperationalError("SELECT 1", {}, Exception("away"))])
def test_where_the_frame_itself_breaks_there_is_a_page_without(pages, mia, monkeypatch, failure):
    def around(_actor):
        raise failure

    monkeypatch.setattr(navigation, "page_context", around)

    reply = pages.as_(mia).get("/no/such/page")

    assert reply.status_code == 404
    assert 'id="sidebar"' not in reply.text
    assert "There is nothing at this address" in reply.text


def broken(*_args, **_kwargs):
    raise ValueError("broken")
