import csv
import io
import re

import pytest

from helix.db.transaction import transaction
from helix.models.vocabulary import BoardLevel
from helix.policies.actor import SYSTEM
from helix.services import activity, requests, tasks
from tests.support.people import as_actor
from tests.support.requests import a_question

pytestmark = pytest.mark.every_database


def test_lines_say_who_did_what_to_which_thing(pages, mia, make):
    task = make.task("Write about linen", by=mia)
    tasks.edit(as_actor(mia), task.id, {"status": "in_progress"})

    page = " ".join(pages.as_(mia).get("/activity").text.split())

    assert f'<b>Mia</b> moved <a class="feed-what" href="/tasks/{task.id}"' in page
    assert "</a> from To Do to In Progress" in page
    assert "Today, " in page


def test_the_address_narrows_it(pages, mia, ada, make):
    make.task("Linen", by=mia)
    make.task("Percale", by=ada)
    browser = pages.as_(ada)

    page = browser.get(f"/activity?user_id={mia.id}&action=task.created").text

    assert "Linen" in page
    assert "Percale" not in page


def test_a_date_that_is_none_is_said_and_nothing_is_lost(pages, ada, make):
    make.task("Linen")

    reply = pages.as_(ada).get("/activity?date_from=yesterday&action=task.created")

    assert reply.status_code == 422
    assert "notice-danger" in reply.text
    assert '<option value="task.created" selected>' in reply.text


def test_boards_that_are_hidden_and_what_is_for_admins_stay_so(pages, mia, ada, make):
    board = make.board()
    make.grant(mia, board, BoardLevel.NONE)
    make.task("Secret", board=board, by=ada)
    pages.as_(ada).post("/team/invite", {"name": "Zara Zed", "email": "zara@example.com", "role": "member"})

    for address in ("/activity", "/activity.csv"):
        for_admin, for_member = (pages.as_(person).get(address).text for person in (ada, mia))
        # The lists of what can be chosen name everybody: what counts stands below them.
        told = for_member.partition('id="activity"')[2] or for_member
        for words in ("Secret", "Zara Zed"):
            assert words in for_admin
            assert words not in told


def test_it_goes_on_where_it_ended_without_a_second_heading(pages, ada):
    with transaction():
        for number in range(60):
            activity.record(SYSTEM, "settings.updated", "settings", 1, f"Thing {number}", fields=["name"])
    browser = pages.as_(ada)

    first = browser.get("/activity?entity_type=settings").text
    address = first.split('hx-get="/activity/more?')[1].split('"')[0].replace("&amp;", "&")
    rest = browser.part(f"/activity/more?{address}").text

    assert first.count("feed-item") == 50
    assert rest.count("feed-item") == 10
    assert 'class="day"' not in rest


def test_a_spreadsheet_gets_no_formulas(pages, ada, make):
    for title in ("=1+1", "+cmd", "-2", "@sum", " =HYPERLINK()", "plain, with comma"):
        make.task(title, by=ada)

    reply = pages.as_(ada).get("/activity.csv?action=task.created")
    titles = [line["title"] for line in csv.DictReader(io.StringIO(reply.text))]

    assert reply.mimetype == "text/csv"
    assert "attachment" in reply.headers["Content-Disposition"]
    assert titles[0] == "plain, with comma"
    assert all(title.startswith("'") for title in titles[1:])
    assert len(titles) == 6


def test_activity_costs_the_same_for_one_and_for_many(pages, ada, make, statements):
    make.task("One")
    browser = pages.as_(ada)
    browser.get("/activity")
    with statements() as few:
        browser.get("/activity")

    for number in range(6):
        make.task(f"Task {number}", agent=make.agent())
    with statements() as many:
        browser.get("/activity")

    assert len(many) == len(few) <= 10


def test_requests_of_agents_are_told_with_their_task(pages, ada, make):
    agent = make.agent("Sierra")
    request = a_question(make.task("Towels", agent=agent), agent, "Is it slate?")
    requests.answer(as_actor(ada), request.id, decision="deny", via="page")

    page = " ".join(re.sub("<[^>]+>", " ", pages.as_(ada).get("/activity").text).split())

    assert "Sierra asked about Towels — Is it slate?" in page
    assert "Ada denied what the agent asked about Towels" in page
