"""SEO-22: on cards, in the panel, in addresses, in the search and in texts."""

import re

import pytest

from helix.models.vocabulary import BoardLevel
from helix.services import comments
from tests.support.people import as_actor

pytestmark = pytest.mark.every_database


@pytest.fixture
def task(make):
    return make.task(board=make.board(name="SEO & Blog", key="SEO"))


def test_the_short_address_leads_to_the_task_whatever_the_key(pages, mia, task):
    for reference in (f"SEO-{task.id}", f"seo-{task.id}", f"OLD-{task.id}", str(task.id)):
        reply = pages.as_(mia).get(f"/t/{reference}")

        assert (reply.status_code, reply.headers["Location"]) == (302, f"/tasks/{task.id}")


def test_the_short_address_tells_a_stranger_nothing(pages, make, mia, task):
    make.grant(mia, _board(task), BoardLevel.NONE)

    replies = [pages.as_(mia).get(f"/t/{reference}") for reference in (f"SEO-{task.id}", "SEO-999", "nonsense")]

    assert [reply.status_code for reply in replies] == [404, 404, 404]


def _board(task):
    from helix.extensions import db
    from helix.models import Board

    return db.session.get_one(Board, task.board_id)


def test_card_panel_page_palette_and_activity_show_it(pages, ada, task):
    signed_in, key = pages.as_(ada), f"SEO-{task.id}"

    assert f"</i>{key}" in signed_in.get(f"/boards/{task.board_id}").text
    assert f'data-copy="{key}"' in signed_in.get(f"/tasks/{task.id}/panel").text
    assert key in signed_in.get("/activity").text
    for typed in (key, key.lower(), f"%23{task.id}", str(task.id)):
        found = signed_in.get(f"/palette?q={typed}").json
        assert [(entry["task"], entry["hint"].split(" · ")[0]) for entry in found] == [(task.id, key)]
    assert key in signed_in.get(f"/search?q={key}").text


def test_a_word_that_only_looks_like_an_id_finds_no_task(pages, ada, task):
    assert pages.as_(ada).get(f"/palette?q=GPT-{task.id}").json == []


def test_in_a_comment_it_is_a_link_for_people_who_see_the_board(pages, ada, mia, make, task):
    make.grant(mia, _board(task), BoardLevel.NONE)
    other = make.task(by=mia)
    comments.add(as_actor(mia), other.id, f"As in SEO-{task.id}")
    link = f'href="/t/SEO-{task.id}"'

    assert link in pages.as_(ada).get(f"/tasks/{other.id}/panel").text
    assert link not in pages.as_(mia).get(f"/tasks/{other.id}/panel").text


def test_notifications_name_it(pages, ada, mia, make, task):
    make.task("Call them", board=_board(task), by=ada, assigned_user_id=mia.id)

    page = pages.as_(mia).get("/inbox?show=notifications").text

    assert re.search(r"SEO-[0-9]+ · Call them", page)
