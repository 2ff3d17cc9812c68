import pytest

from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import Agent, Organization, Task
from helix.models.vocabulary import BoardLevel, TaskStatus
from helix.services import runs
from tests.support.people import as_actor

pytestmark = pytest.mark.every_database


def test_what_waits_for_me_comes_first_and_is_approved_there(pages, mia, make):
    task = make.task("Read me", by=mia, status=TaskStatus.REVIEW)
    browser = pages.as_(mia)

    page = browser.get("/").text
    reply = browser.send(f"/inbox/tasks/{task.id}/approve", {"from": "dashboard"})

    assert page.index("Waiting for you") < page.index("Open tasks")
    assert f'id="need-task-{task.id}"' in page
    assert "Nothing waits for you" in reply.text
    assert db.session.get(Task, task.id).status == TaskStatus.DONE


def test_a_run_that_waits_for_somebody_stands_there_with_its_reason(pages, mia, make):
    make.model()
    agent = make.agent()
    task = make.task("Write it", by=mia, agent=agent)
    runs.start(as_actor(mia), task.id)
    with transaction():
        db.session.get(Agent, agent.id).enabled = False

    page = pages.as_(mia).get("/").text

    line = page.split('id="need-run-')[1].split("</div>")[0]
    assert "Waiting for you" in page
    assert "Write it" in line
    assert "The agent is disabled" in line
    assert "Mark read" not in line


def test_a_plain_form_comes_back_to_the_dashboard(pages, mia, make):
    task = make.task("Read me", by=mia, status=TaskStatus.REVIEW)

    reply = pages.as_(mia).post(f"/inbox/tasks/{task.id}/approve", {"from": "dashboard"})

    assert (reply.status_code, reply.location) == (303, "/")


def test_numbers_count_only_what_i_see(pages, mia, ada, make):
    open_board, hidden = make.board("Blog"), make.board("Secret")
    make.grant(mia, hidden, BoardLevel.NONE)
    make.task("One", board=open_board, by=ada)
    make.task("Two", board=hidden, by=ada)

    browser, other_browser = pages.as_(mia).get("/").text, pages.as_(ada).get("/").text

    assert 'Open tasks</span><span class="figure-number">1</span>' in browser
    assert 'Open tasks</span><span class="figure-number">2</span>' in other_browser
    assert "Secret" not in browser


def test_the_chart_has_a_table_behind_it(pages, ada, make):
    make.task("One")

    page = pages.as_(ada).get("/").text

    assert page.count("<tr><td>20") == 14
    assert "<polyline" in page


def test_an_empty_house_says_what_to_do(pages, ada):
    page = pages.as_(ada).get("/")

    assert page.status_code == 200
    assert "Nothing waits for you" in page.text
    assert "No boards yet" in page.text


def test_an_unfinished_set_up_is_remembered_to_admins_alone(pages, ada, mia):
    with transaction():
        db.session.get_one(Organization, 1).setup_finished_at = None

    assert 'href="/setup"' in pages.as_(ada).get("/").text
    assert 'href="/setup"' not in pages.as_(mia).get("/").text


def test_parts_come_alone_for_events(pages, ada, make):
    make.task("One")
    browser = pages.as_(ada)

    found = [browser.part(f"/?part={name}").text.lstrip()[:40] for name in ("needs", "numbers", "activity")]

    assert ['id="needs"' in found[0] or "needs" in found[0], "stack" in found[1], "box" in found[2]] == [True] * 3
    assert all("<html" not in text for text in found)


def test_the_dashboard_asks_at_most_ten_times(pages, ada, make, statements):
    board = make.board()
    for number in range(5):
        make.task(f"Task {number}", board=board, agent=make.agent(), status=TaskStatus.REVIEW)
    browser = pages.as_(ada)
    browser.get("/")

    with statements() as found:
        browser.get("/")

    assert len(found) <= 10, found


def test_an_organization_without_tasks_is_led_through_its_first_steps(pages, ada, mia, make):
    make.model()
    board = make.board()
    make.agent("Sierra")

    steps = pages.as_(ada).get("/").text.split('id="steps-head"')[1].split("</section>")[0]
    hers = pages.as_(mia).get("/").text
    make.task(by=mia, board=board)

    assert steps.count(", done</span>") == 2
    assert 'href="/models/new"' in steps
    assert 'href="/agents/templates"' not in steps
    assert "steps-head" not in hers
    assert "steps-head" not in pages.as_(ada).get("/").text
