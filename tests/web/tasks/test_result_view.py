"""A result in panel and inbox: its attempt and what was asked, what has changed, its cost, and editing it."""

from decimal import Decimal

import pytest

from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import Task
from helix.services import tasks
from tests.support.people import as_actor
from tests.support.results import answered, second_attempt

pytestmark = pytest.mark.every_database
PLACES = ("/tasks/{id}", "/inbox?item=task-{id}")


@pytest.fixture
def agent(make):
    make.model()
    return make.agent(name="Sierra")


@pytest.fixture
def task(make, mia, agent):
    return make.task("Weekly report", by=mia, agent=agent)


@pytest.mark.parametrize("place", PLACES)
def test_a_second_attempt_says_what_was_asked_and_by_whom(pages, ada, mia, task, agent, place):
    second_attempt(task, agent, mia, "Revenue rose.", "Shorter, and mention $900", "It rose by $900.")

    of_asker = pages.as_(mia).get(place.format(id=task.id)).text
    of_another = pages.as_(ada).get(place.format(id=task.id)).text

    assert "<b>Attempt 2</b> · you asked:" in of_asker
    assert "<b>Attempt 2</b> · Mia asked:" in of_another
    assert '<q dir="auto">Shorter, and mention $900</q>' in of_asker


@pytest.mark.parametrize("place", PLACES)
def test_a_first_result_has_no_attempt_and_nothing_to_compare(pages, mia, task, agent, place):
    answered(task, agent, "Revenue rose.")

    page = pages.as_(mia).get(place.format(id=task.id)).text

    assert "Revenue rose." in page
    assert "Attempt" not in page
    assert "Changes" not in page
    assert "Compare" not in page


def test_withdrawn_feedback_was_not_asked(pages, mia, task, agent):
    answered(task, agent, "Revenue rose.")
    tasks.reject(as_actor(mia), task.id, "Shorter.")
    tasks.undo_decision(as_actor(mia), task.id)
    answered(task, agent, "Revenue rose again.")

    page = pages.as_(mia).get(f"/tasks/{task.id}").text

    assert "you asked" not in page
    assert "Attempt 2" in page


def test_changes_are_words_of_the_rendered_text(pages, mia, task, agent):
    second_attempt(task, agent, mia, "# Report\n\nIt *rose* by 7 %.", "Round it.", "# Report\n\nIt *rose* by 8 %.")

    part = pages.as_(mia).part(f"/tasks/{task.id}/result?view=changes")

    assert part.status_code == 200
    assert "<p>It <em>rose</em> by <del>7</del> <ins>8</ins> %.</p>" in part.text
    assert 'aria-current="true"' in part.text.split("Changes")[0].rsplit("<a", 1)[1]


def test_texts_that_are_too_long_are_not_compared_and_it_is_said(pages, mia, task, agent):
    second_attempt(task, agent, mia, "word " * 11_000, "Shorter.", "Short.")

    part = pages.as_(mia).part(f"/tasks/{task.id}/result?view=changes").text

    assert "too long to compare" in part


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"cost_usd": Decimal("0.0036"), "counted_usd": Decimal("0.0036")}, "$0.0036"),
        ({"cost_usd": None, "counted_usd": Decimal("0.0036")}, "price unknown, counted as $0.0036"),
    ],
)
def test_the_head_says_who_when_and_for_how_much(pages, mia, task, agent, facts, words):
    answered(task, agent, "Revenue rose.", **facts)

    head = pages.as_(mia).part(f"/tasks/{task.id}/result").text.split("</header>")[0]

    assert "Sierra" in head
    assert f'<span class="num">{words}</span>' in head
    assert "<time" in head


def test_a_reviewer_edits_the_result_and_sees_the_agents_words_against_it(pages, mia, noah, task, agent):
    answered(task, agent, "It rose by 7 %.")
    browser = pages.as_(mia)
    form = browser.part(f"/tasks/{task.id}/result/edit").text

    saved = browser.send(f"/tasks/{task.id}/result", {"result": "It rose by 8 %.", "version": task_now(task).version})
    edits = browser.part(f"/tasks/{task.id}/result?view=edits").text

    assert "It rose by 7 %." in form
    assert saved.status_code == 200
    assert "edited by Mia" in saved.text
    assert "by <del>7</del> <ins>8</ins> %" in edits
    assert task_now(task).result == "It rose by 8 %."


def test_a_stale_save_keeps_what_was_typed_and_shows_what_it_says_now(pages, ada, mia, task, agent):
    answered(task, agent, "First.")
    seen = task_now(task).version
    tasks.edit_result(as_actor(ada), task.id, "Of Ada.")
    browser = pages.as_(mia)

    stale = browser.send(f"/tasks/{task.id}/result", {"result": "Of Mia.", "version": seen})

    assert stale.status_code == 409
    assert "Of Ada." in stale.text
    assert "Of Mia.</textarea>" in stale.text
    assert task_now(task).result == "Of Ada."
    again = browser.send(f"/tasks/{task.id}/result", {"result": "Of Mia.", "version": task_now(task).version})
    assert again.status_code == 200


def test_an_empty_result_is_refused_beside_the_text(pages, mia, task, agent):
    answered(task, agent, "First.")

    refused = pages.as_(mia).send(f"/tasks/{task.id}/result", {"result": " "})

    assert refused.status_code == 422
    assert "Write the result first" in refused.text


def test_without_a_script_it_is_a_page(pages, mia, task, agent):
    answered(task, agent, "First.")
    browser = pages.as_(mia)

    page = browser.get(f"/tasks/{task.id}/result/edit")
    saved = browser.post(f"/tasks/{task.id}/result", {"result": "Second."})

    assert "<!doctype html>" in page.text
    assert (saved.status_code, saved.location) == (303, f"/tasks/{task.id}")
    assert "Second." in browser.get(f"/tasks/{task.id}").text


def test_who_may_not_review_has_no_pencil(pages, noah, task, agent):
    answered(task, agent, "First.")

    assert "Edit the result" not in pages.as_(noah).get(f"/tasks/{task.id}").text


def test_the_page_of_results_compares_and_decides(pages, mia, task, agent):
    second_attempt(task, agent, mia, "It rose by 7 %.", "Round it.", "It rose by 8 %.")
    browser = pages.as_(mia)

    page = browser.get(f"/tasks/{task.id}/results").text

    assert "<del>7</del> <ins>8</ins>" in page
    assert "you asked" in page
    assert f'action="/tasks/{task.id}/approve"' in page
    browser.post(f"/tasks/{task.id}/approve")
    after = browser.get(f"/tasks/{task.id}/results").text
    assert f'action="/tasks/{task.id}/approve"' not in after


def test_an_approved_result_names_who_approved_it(pages, mia, task, agent):
    answered(task, agent, "First.")
    tasks.approve(as_actor(mia), task.id)

    page = pages.as_(mia).get(f"/tasks/{task.id}").text

    assert "approved by Mia" in page
    assert "Needs approval" not in page


def test_markup_in_a_result_is_text_in_its_comparison(pages, mia, task, agent):
    second_attempt(task, agent, mia, "a <img src=x onerror=1>", "Again.", "b <img src=x onerror=2>")

    part = pages.as_(mia).part(f"/tasks/{task.id}/result?view=changes").text

    assert "<img" not in part


def task_now(task):
    with transaction():
        return db.session.get_one(Task, task.id, populate_existing=True)
