"""The toast of a decision on every page that has one, and its Undo."""

import json
import re

import pytest

from helix.extensions import db
from helix.models import Task
from helix.models.vocabulary import TaskStatus
from tests.support.results import answered

pytestmark = pytest.mark.every_database


@pytest.fixture
def agent(make):
    make.model()
    return make.agent(name="Sierra")


@pytest.fixture
def task(make, mia, agent):
    task = make.task("Weekly report", by=mia, agent=agent)
    answered(task, agent, "Revenue rose.")
    return task


def status_of(task):
    return db.session.get_one(Task, task.id, populate_existing=True).status


def toast(reply):
    """The text and the values of Undo, from the header or from the HTML."""
    if "HX-Trigger" in reply.headers:
        found = json.loads(reply.headers["HX-Trigger"])["toast"]
        return found["text"], found["undo"]["values"]
    text = re.search(r'class="toast-text">([^<]*)<', reply.text)
    value = re.search(r'name="decisions" value="([^"]*)"', reply.text)
    return text[1], {"decisions": value[1].replace("&#34;", '"')}


APPROVE = {
    "panel": ("/tasks/{id}/approve", {}),
    "card": ("/tasks/{id}/approve", {"from": "board"}),
    "inbox": ("/inbox/tasks/{id}/approve", {}),
    "several": ("/inbox/several/approve", {"ids": "{id}"}),
}


@pytest.mark.parametrize(("path", "form"), APPROVE.values(), ids=APPROVE)
def test_approving_says_so_names_the_column_and_is_undone(pages, mia, task, path, form):
    browser = pages.as_(mia)
    form = {name: value.format(id=task.id) for name, value in form.items()}

    text, values = toast(browser.send(path.format(id=task.id), form))
    assert (text, status_of(task)) == ("Approved “Weekly report”, now in Done.", TaskStatus.DONE)
    undone = browser.send("/tasks/undo-review", values)

    assert (undone.status_code, status_of(task)) == (204, TaskStatus.REVIEW)
    assert "Brought back “Weekly report”, now in Review." in json.loads(undone.headers["HX-Trigger"])["toast"]["text"]


@pytest.mark.parametrize("path", ["/tasks/{id}/reject", "/inbox/tasks/{id}/reject"])
def test_sending_back_says_so_and_is_undone(pages, mia, task, path):
    browser = pages.as_(mia)

    text, values = toast(browser.send(path.format(id=task.id), {"feedback": "Shorter."}))
    assert (text, status_of(task)) == ("Sent back “Weekly report”, now in To Do.", TaskStatus.REJECTED)
    browser.send("/tasks/undo-review", values)

    assert status_of(task) == TaskStatus.REVIEW


def test_several_are_undone_together_in_their_old_order(pages, mia, make, agent):
    board = make.board()
    found = [make.task(name, by=mia, agent=agent, board=board) for name in ("One", "Two", "Three")]
    for task in found:
        answered(task, agent, "Words.")
    places = [db.session.get_one(Task, task.id).position for task in found]
    browser = pages.as_(mia)

    text, values = toast(browser.send("/inbox/several/approve", {"ids": [str(task.id) for task in found]}))
    browser.send("/tasks/undo-review", values)

    assert text == "Approved 3 tasks, now in Done."
    assert [status_of(task) for task in found] == [TaskStatus.REVIEW] * 3
    assert [db.session.get_one(Task, task.id).position for task in found] == places


def test_a_card_dragged_out_of_review_is_undone_as_a_decision(pages, mia, task):
    browser = pages.as_(mia)

    text, values = toast(browser.send(f"/tasks/{task.id}/move", {"status": "approved", "before_id": ""}))
    browser.send("/tasks/undo-review", values)

    assert text == "Moved “Weekly report” to Approved."
    assert status_of(task) == TaskStatus.REVIEW


def test_a_plain_form_has_the_undo_on_the_next_page(pages, mia, task):
    browser = pages.as_(mia)
    browser.post(f"/tasks/{task.id}/approve")

    page = browser.get(f"/tasks/{task.id}")
    _text, values = toast(page)
    undone = browser.post("/tasks/undo-review", values)

    assert (undone.status_code, undone.location) == (303, f"/tasks/{task.id}")
    assert status_of(task) == TaskStatus.REVIEW


def test_what_was_changed_since_is_not_undone_and_it_is_said(pages, api, mia, task):
    browser = pages.as_(mia)
    _text, values = toast(browser.send(f"/tasks/{task.id}/approve", {}))
    api.as_(mia).patch(f"/api/tasks/{task.id}", json={"title": "Other"})

    refused = browser.send("/tasks/undo-review", values)

    assert refused.status_code == 409
    assert "changed it since" in refused.text
    assert status_of(task) == TaskStatus.DONE


@pytest.mark.parametrize("sent", ["", "[]", "{}", '[{"id":1}]', '[{"id":1,"version":1},{"id":1,"version":1}]'])
def test_nonsense_is_refused(pages, mia, sent):
    assert pages.as_(mia).send("/tasks/undo-review", {"decisions": sent}).status_code == 422
