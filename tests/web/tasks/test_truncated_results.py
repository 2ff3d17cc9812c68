"""A truncated result is marked wherever it is shown."""

import pytest

from helix.extensions import db
from helix.models import Notification
from helix.models.vocabulary import TaskStatus
from helix.services import runs, tasks
from tests.support.model_server import ModelServer
from tests.support.people import as_actor


@pytest.fixture(params=["long", "ok"])
def answered(request, ada, make):
    """A task that a model has answered, and whether the answer was cut."""
    with ModelServer() as provider:
        make.model(provider="custom", model_name=request.param, base_url=provider.openai_url)
        task = make.task("Write", agent=make.agent(), requires_approval=False)
        runs.start(as_actor(ada), task.id)
        runs.execute(runs.claim("a worker"))
    return tasks.get(as_actor(ada), task.id), request.param == "long"


def test_panel_card_run_and_news_say_it(pages, api, ada, mia, answered):
    task, cut = answered
    browser, client = pages.as_(ada), api.as_(ada)

    panel = browser.get(f"/tasks/{task.id}").text
    card = browser.get(f"/boards/{task.board_id}").text
    listed = browser.get(f"/tasks/{task.id}?tab=runs").text
    (run,) = client.get(f"/api/tasks/{task.id}/runs/").json
    trace = browser.part(f"/runs/{run['id']}").text
    news = [one.message for one in db.session.query(Notification).filter(Notification.type != "task_assigned")]

    assert task.status == (TaskStatus.REVIEW if cut else TaskStatus.DONE)
    assert client.get(f"/api/tasks/{task.id}").json["result_truncated"] is cut
    assert run["result_truncated"] is cut
    assert client.get(f"/api/runs/{run['id']}").json["result_truncated"] is cut
    assert ("ends in the middle" in panel) is cut
    assert ("The result ends in the middle" in card) is cut
    assert ("Cut short" in listed) is cut
    assert ("Answer, cut at the limit" in trace) is cut
    assert any("ends in the middle" in message for message in news) is cut
