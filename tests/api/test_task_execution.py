"""Tasks that cannot be executed are refused with a reason, and no run is queued."""

import pytest

from helix.db.transaction import end_reading, transaction
from helix.extensions import db
from helix.models import Agent, Run
from helix.models.vocabulary import TaskStatus


@pytest.fixture
def ready(api, mia, make):
    """The API as Mia, and the path of a task of hers that could be executed."""
    make.model()
    task = make.task(by=mia, agent=make.agent("Sierra"))
    return api.as_(mia), f"/api/tasks/{task.id}"


def number_of_runs():
    end_reading()
    return db.session.query(Run).count()


def archived(client, path):
    client.patch(path, json={"archived": True})


def done(client, path):
    client.patch(path, json={"status": TaskStatus.DONE})


def unassigned(client, path):
    client.patch(path, json={"assigned_agent_id": None})


def disabled(client, path):
    with transaction():
        db.session.query(Agent).one().enabled = False


@pytest.mark.parametrize(
    ("becomes", "sentence"),
    [
        (archived, "This task is archived. Bring it back before running it."),
        (done, "A task in done cannot be run. Move it back to todo first."),
        (unassigned, "Nobody is assigned. Choose an agent for this task, then run it."),
        (disabled, "Sierra is disabled. Enable the agent, or choose another one."),
    ],
)
def test_a_task_that_cannot_run_is_refused_and_nothing_is_queued(ready, becomes, sentence):
    client, path = ready
    becomes(client, path)

    reply = client.post(f"{path}/execute")

    assert (reply.status_code, reply.json["detail"]) == (409, sentence)
    assert number_of_runs() == 0


def test_an_archived_task_that_was_brought_back_is_executed(ready):
    client, path = ready
    archived(client, path)
    client.patch(path, json={"archived": False})

    reply = client.post(f"{path}/execute")

    assert reply.status_code in (200, 202), reply.json
    assert number_of_runs() == 1
