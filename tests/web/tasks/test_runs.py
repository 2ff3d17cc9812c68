"""Runs on the task page: prompt preview, sent prompt, failure reason and next step."""

import pytest

from helix.db.transaction import transaction
from helix.extensions import db
from helix.models.vocabulary import FailureReason, Trigger
from helix.services import runs, tasks
from tests.support.people import as_actor
from tests.support.quick_worker import quick_worker


@pytest.fixture
def written(ada, make):
    """A task for an agent of the demo model."""
    make.model()
    agent = make.agent("Sierra", system_prompt="You are {{agent_name}}.")
    return make.task("Write about tea", agent=agent)


def execute(ada, task):
    runs.start(as_actor(ada), task.id)
    runs.execute(runs.claim("a worker"))
    return tasks.get(as_actor(ada), task.id).last_run


def test_the_next_prompt_is_shown_before_the_first_run(pages, ada, written, app):
    browser = pages.as_(ada)

    with quick_worker(app):
        part = browser.part(f"/tasks/{written.id}/prompt").text
        page = browser.get(f"/tasks/{written.id}/prompt").text

    for text in (part, page):
        assert "You are Sierra." in text
        assert "Write about tea" in text
    assert "See the next prompt" in browser.get(f"/tasks/{written.id}?tab=runs").text


def test_without_a_worker_the_prompt_says_so(pages, ada, written):
    assert "No worker is running" in pages.as_(ada).part(f"/tasks/{written.id}/prompt").text


def test_a_run_shows_its_prompt_as_it_was_sent(pages, ada, written):
    run = execute(ada, written)

    opened = pages.as_(ada).part(f"/runs/{run.id}").text
    prompt = pages.as_(ada).part(f"/runs/{run.id}/prompt").text

    assert f'hx-get="/runs/{run.id}/prompt"' in opened
    assert "demo/demo" in opened
    assert "You are Sierra." in prompt
    assert "&lt;&lt;material" in prompt


def test_a_failed_run_says_what_to_do(pages, ada, make):
    make.model(model_name="demo-refuse")
    task = make.task(agent=make.agent())
    run = execute(ada, task)

    opened = pages.as_(ada).part(f"/runs/{run.id}").text
    panel = pages.as_(ada).get(f"/tasks/{task.id}").text

    for text in (opened, panel):
        assert "Change what the task asks for, or choose another model." in text


def test_only_admins_are_shown_the_way_to_the_models(pages, ada, mia, make):
    make.model(model_name="demo-refuse")
    task = make.task(by=mia, agent=make.agent())
    run = execute(ada, task)
    with transaction():
        run.reason = FailureReason.KEY_REFUSED
        db.session.add(run)

    of_admin = pages.as_(ada).get(f"/tasks/{task.id}").text
    of_member = pages.as_(mia).get(f"/tasks/{task.id}").text
    in_inbox = pages.as_(mia).part(f"/inbox/items/task-{task.id}").text

    assert "Open the models" in of_admin
    for text in (of_member, in_inbox):
        assert "Enter a valid key for this model" in text
        assert 'href="/models"' not in text


def test_between_attempts_the_card_says_what_went_wrong_and_until_when(pages, ada, make):
    make.model(model_name="demo-fail")
    task = make.task(agent=make.agent())
    run = execute(ada, task)

    board = pages.as_(ada).get(f"/boards/{task.board_id}").text

    assert run.trigger == Trigger.RETRY
    assert "The provider failed. The next attempt follows. <time" in board
