"""Editing a result before the decision, through the API."""

import pytest

from helix.extensions import db
from helix.models import RunStep
from helix.services import runs
from tests.support.people import as_actor
from tests.support.results import answered

pytestmark = pytest.mark.every_database


@pytest.fixture
def reviewed(api, mia, make):
    make.model()
    agent = make.agent()
    task = make.task(by=mia, agent=agent)
    run = answered(task, agent, "Revenue rose by 7 %.")
    return api.as_(mia), f"/api/tasks/{task.id}", run


def test_the_task_has_the_edited_text_and_the_run_what_the_agent_wrote(reviewed, mia):
    client, path, run = reviewed
    seen = client.get(path).json

    edited = client.patch(f"{path}/result", json={"result": "Revenue rose by 8 %.", "version": seen["version"]}).json

    assert (edited["result"], edited["result_edited_by_user_id"]) == ("Revenue rose by 8 %.", mia.id)
    assert edited["result_edited_at"] is not None
    assert edited["version"] == seen["version"] + 1
    assert client.get(f"/api/runs/{run.id}").json["result"] == "Revenue rose by 7 %."
    kept = [step.content for step in db.session.query(RunStep).filter_by(run_id=run.id)]
    assert "Revenue rose by 8 %." in kept
    entry = client.get(f"/api/activity/?entity_type=task&entity_id={edited['id']}").json["items"][0]
    assert entry["action"] == "task.result_edited"


def test_the_same_text_again_changes_nothing(reviewed):
    client, path, _run = reviewed
    seen = client.get(path).json

    same = client.patch(f"{path}/result", json={"result": seen["result"]}).json

    assert (same["version"], same["result_edited_at"]) == (seen["version"], None)


def test_a_stale_save_is_refused_with_the_present_task(reviewed):
    client, path, _run = reviewed
    seen = client.get(path).json["version"]
    client.patch(f"{path}/result", json={"result": "First.", "version": seen})

    stale = client.patch(f"{path}/result", json={"result": "Second.", "version": seen})

    assert (stale.status_code, stale.json["task"]["result"]) == (409, "First.")


@pytest.mark.parametrize("text", ["", "  \n", "x" * 500_001])
def test_a_blank_or_endless_result_is_refused(reviewed, text):
    client, path, _run = reviewed

    assert client.patch(f"{path}/result", json={"result": text}).status_code == 422


def test_after_the_decision_it_is_refused(reviewed):
    client, path, _run = reviewed
    client.post(f"{path}/approve")

    refused = client.patch(f"{path}/result", json={"result": "Late."})

    assert refused.status_code == 409
    assert client.get(path).json["result"] == "Revenue rose by 7 %."


def test_the_next_result_is_not_marked_as_edited(api, ada, make):
    make.model()
    task, client = make.task(agent=make.agent(name="Sierra")), api.as_(ada)
    path = f"/api/tasks/{task.id}"
    runs.start(as_actor(ada), task.id)
    runs.execute(runs.claim("a worker"))
    client.patch(f"{path}/result", json={"result": "Mine."})
    assert client.get(path).json["result_edited_at"] is not None
    client.post(f"{path}/reject", json={"feedback": "Again.", "run_again": True})

    runs.execute(runs.claim("a worker"))

    after = client.get(path).json
    assert (after["status"], after["result_edited_at"], after["result_edited_by_user_id"]) == ("review", None, None)
    assert after["result"] != "Mine."
