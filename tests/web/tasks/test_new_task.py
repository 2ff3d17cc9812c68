"""A new task: where its form puts it, and what follows once it is created."""

import re

import pytest
from sqlalchemy import select

from helix.extensions import db
from helix.models import Run, Task
from tests.support.html_forms import form


@pytest.fixture
def browser(pages, mia):
    return pages.as_(mia)


def fields(board, agent=None, **more):
    return {
        "title": "Write it",
        "board_id": board.id,
        "assigned_agent_id": agent.id if agent else "",
        "priority": "low",
    } | more


def only_task():
    return db.session.scalars(select(Task)).one()


def test_create_and_run_starts_the_agent_and_opens_the_task(browser, make):
    make.model()
    board, agent = make.board(), make.agent(name="Sierra")

    reply = browser.send("/tasks/new", fields(board, agent, then="run"))

    task = only_task()
    assert db.session.scalars(select(Run.task_id)).all() == [task.id]
    assert reply.headers["HX-Redirect"] == f"/boards/{board.id}?task={task.id}"


def test_create_only_starts_nobody(browser, make):
    make.model()
    board, agent = make.board(), make.agent()

    browser.send("/tasks/new", fields(board, agent))

    assert only_task().title == "Write it"
    assert db.session.scalars(select(Run)).all() == []


def test_enter_in_a_form_without_an_agent_just_creates(browser, make):
    board = make.board()

    browser.send("/tasks/new", fields(board, then="run"))

    assert only_task().last_run_id is None


def test_an_agent_that_starts_by_itself_is_not_started_twice(browser, make):
    make.model()
    board, agent = make.board(), make.agent(execution_mode="auto")

    reply = browser.send("/tasks/new", fields(board, agent, then="run"))

    assert reply.status_code == 200
    assert len(db.session.scalars(select(Run)).all()) == 1


def test_a_task_whose_agent_cannot_start_is_kept_and_the_page_says_why(browser, make):
    board, agent = make.board(), make.agent(name="Sierra")  # there is no model

    reply = browser.send("/tasks/new", fields(board, agent, then="run"))
    page = browser.get(reply.headers["HX-Redirect"]).text

    assert "has not started. There is no usable model for Sierra." in page


def test_a_task_of_the_board_that_is_open_opens_its_panel_without_loading_the_page(browser, make):
    board = make.board()

    reply = browser.send(
        "/tasks/new", fields(board), headers={"HX-Current-URL": f"http://localhost/boards/{board.id}?agent=3"}
    )

    assert reply.headers["HX-Reswap"] == "delete"
    assert f'"helix:open-task": {{"id": {only_task().id},' in reply.headers["HX-Trigger"]


def test_create_another_gives_the_form_again_without_what_was_said(browser, make):
    board, agent = make.board(), make.agent(name="Sierra")

    reply = browser.send("/tasks/new", fields(board, agent, description="About linen", tags="seo", then="another"))

    assert "Write it" not in reply.text
    assert "About linen" not in reply.text
    assert 'value="seo"' in reply.text
    assert form(reply.text, "/tasks/new").fields["assigned_agent_id"] == [str(agent.id)]
    assert f"Created task {only_task().id}." in reply.text


def test_a_task_from_the_page_of_an_agent_is_for_it_on_its_board(browser, make):
    make.board(name="Another")
    home = make.board(name="Home")
    agent = make.agent(name="Remy", primary_board_id=home.id)

    dialog = browser.part("/tasks/new", headers={"HX-Current-URL": f"http://localhost/agents/{agent.id}"}).text
    page = browser.get(f"/tasks/new?agent={agent.id}").text
    agent_page = browser.get(f"/agents/{agent.id}").text

    for html in (dialog, page):
        assert form(html, "/tasks/new").fields["assigned_agent_id"] == [str(agent.id)]
        assert form(html, "/tasks/new").fields["board_id"] == [str(home.id)]
    assert f'href="/tasks/new?agent={agent.id}"' in agent_page
    assert "Give a task" in agent_page


def test_the_board_follows_the_agent_only_where_none_was_given(browser, make):
    home = make.board()
    agent = make.agent(primary_board_id=home.id)

    anywhere = browser.part("/tasks/new", headers={"HX-Current-URL": "http://localhost/inbox"}).text
    here = browser.part("/tasks/new", headers={"HX-Current-URL": f"http://localhost/boards/{home.id}"}).text

    follows = re.search(r'data-follows="([^"]*)"', anywhere)
    assert follows
    assert f"{agent.id}&#34;: {home.id}" in follows[1]
    assert "data-follows" not in here


def test_a_task_that_needs_another_waits_for_it_when_it_is_run(browser, make, mia):
    make.model()
    board, agent = make.board(name="SEO", key="SEO"), make.agent(name="Sierra")
    brief = make.task("Brief", by=mia, board=board)

    made = browser.send("/tasks/new", fields(board, agent, then="run", needs=f"seo-{brief.id}"))

    task = db.session.scalars(select(Task).where(Task.title == "Write it")).one()
    assert made.headers["HX-Redirect"] == f"/boards/{board.id}?task={task.id}"
    assert (task.blocked_count, task.run_when_ready) == (1, True)
    assert db.session.scalars(select(Run)).all() == []


@pytest.mark.parametrize(
    ("typed", "words"), [("SEO-99999", "There is no task 99999."), ("the brief", "the is no ID of a task")]
)
def test_a_need_that_does_not_exist_is_said_at_its_field(browser, make, typed, words):
    board = make.board()

    refused = browser.send("/tasks/new", fields(board, needs=typed))

    assert refused.status_code == 422
    assert words in refused.text
    assert f'value="{typed}"' in refused.text
    assert db.session.scalars(select(Task)).all() == []
