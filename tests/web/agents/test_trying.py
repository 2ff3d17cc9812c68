"""The tab "Try it" of an agent."""

import re

import pytest

from helix.extensions import db
from helix.models import Task
from helix.models.vocabulary import BoardLevel
from helix.services.runs import trial
from tests.support.model_server import ModelServer


@pytest.fixture(scope="module")
def provider():
    with ModelServer() as server:
        yield server


@pytest.fixture
def agent(make, provider):
    make.model(provider="custom", base_url=provider.openai_url, model_name="ok")
    return make.agent("Sierra")


def trial_of(page):
    return re.split(r"[^\w-]", page.split("/try/")[1])[0]


def test_an_answer_fetches_itself_until_it_is_there(pages, mia, agent):
    browser = pages.as_(mia)

    sent = browser.send(f"/agents/{agent.id}/try", {"message": "Write <b>about</b> tea"}).text
    trial_id = trial_of(sent)
    waiting = browser.part(f"/agents/{agent.id}/try/{trial_id}").text
    trial.answer(trial_id)
    done = browser.part(f"/agents/{agent.id}/try/{trial_id}").text

    assert "Waiting for a worker" in sent
    assert "Write &lt;b&gt;about&lt;/b&gt; tea" in sent
    assert f'hx-get="/agents/{agent.id}/try/{trial_id}?turn=1"' in waiting
    assert "hx-trigger" not in done
    assert "Answered" in done
    assert "Keep as a task" in done
    assert "tokens" in done


def test_without_a_script_the_answer_is_a_page(pages, mia, agent):
    browser = pages.as_(mia)

    sent = browser.post(f"/agents/{agent.id}/try", {"message": "Hello there"})
    page = browser.get(sent.headers["Location"]).text

    assert sent.status_code == 303
    assert "Hello there" in page
    assert "Show what is written by now" in page


def test_what_is_kept_becomes_a_task_on_a_board_that_takes_one(pages, mia, make, agent):
    hidden, board = make.board("Hidden"), make.board("Blog")
    make.grant(mia, hidden, BoardLevel.VIEW)
    browser = pages.as_(mia)
    trial_id = trial_of(browser.send(f"/agents/{agent.id}/try", {"message": "First line\nSecond line"}).text)
    trial.answer(trial_id)

    kept = browser.send(f"/agents/{agent.id}/try/{trial_id}/keep")

    task = db.session.query(Task).one()
    assert kept.headers["HX-Redirect"] == f"/tasks/{task.id}"
    assert (task.title, task.board_id) == ("First line", board.id)
    assert task.description.startswith("First line\nSecond line\n\n---\n\n**Sierra answered")


def test_what_is_wrong_stands_at_the_message_and_nothing_typed_is_lost(pages, mia, make, agent):
    paused = make.agent("Klay", enabled=False)
    browser = pages.as_(mia)

    empty = browser.send(f"/agents/{agent.id}/try", {"message": " "})
    refused = browser.send(f"/agents/{paused.id}/try", {"message": "My long question"})

    assert (empty.status_code, refused.status_code) == (422, 409)
    assert "Enter a message." in empty.text
    assert "Klay is paused." in refused.text
    assert "My long question" in refused.text


def test_a_running_answer_is_stopped_and_what_is_written_can_be_kept(pages, mia, agent):
    browser = pages.as_(mia)
    sent = browser.send(f"/agents/{agent.id}/try", {"message": "Write about tea"}).text
    trial_id = trial_of(sent)

    stopped = browser.send(f"/agents/{agent.id}/try/{trial_id}/stop").text
    without_script = browser.post(f"/agents/{agent.id}/try/{trial_id}/stop")

    assert f'hx-post="/agents/{agent.id}/try/{trial_id}/stop"' in sent
    assert "Stopped" in stopped
    assert "hx-trigger" not in stopped
    assert f"/try/{trial_id}/stop" not in stopped
    assert (without_script.status_code, without_script.headers["Location"]) == (
        303,
        f"/agents/{agent.id}/try/{trial_id}",
    )


def test_the_api_stops_it(api, mia, agent):
    client = api.as_(mia)
    began = client.post(f"/api/agents/{agent.id}/try", json={"message": "Hello"}).json

    stopped = client.post(f"/api/agents/{agent.id}/try/{began['id']}/stop")

    assert (stopped.status_code, stopped.json["status"]) == (202, "stopped")
    assert client.get(f"/api/agents/{agent.id}/try/{began['id']}").json["status"] == "stopped"


def test_the_api_answers_with_the_same(api, mia, agent):
    client = api.as_(mia)

    began = client.post(f"/api/agents/{agent.id}/try", json={"message": "Hello"})
    trial.answer(began.json["id"])
    found = client.get(f"/api/agents/{agent.id}/try/{began.json['id']}").json

    assert (began.status_code, began.json["status"]) == (202, "queued")
    assert (found["status"], found["problem"]) == ("done", None)
    assert found["answer"]
    assert found["output_tokens"] > 0
