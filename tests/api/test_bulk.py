"""POST /api/tasks/bulk: one change to many tasks, all or nothing."""

import pytest

from helix.extensions import db
from helix.models import Activity
from helix.models.vocabulary import BoardLevel, TaskStatus
from helix.services import runs, tasks
from tests.support.people import as_actor

BULK = "/api/tasks/bulk"


@pytest.fixture
def board(make):
    return make.board()


@pytest.fixture
def three(make, board, mia):
    return [make.task(f"Task {number}", by=mia, board=board, tags=["old"]).id for number in range(3)]


def test_a_status_is_set_on_all_in_the_order_of_the_ids(api, mia, three):
    wanted = [three[2], three[0], three[1]]

    reply = api.as_(mia).post(BULK, json={"ids": wanted, "status": "done"})

    assert reply.status_code == 200, reply.json
    assert [(item["id"], item["status"]) for item in reply.json["items"]] == [(id, "done") for id in wanted]
    assert reply.json["items"][0] == api.as_(mia).get(f"/api/tasks/{wanted[0]}").json


@pytest.mark.parametrize(
    ("change", "field", "value"),
    [
        ({"priority": "urgent"}, "priority", "urgent"),
        ({"archived": True}, "archived", True),
        ({"add_tags": ["New", "old"]}, "tags", ["old", "new"]),
        ({"remove_tags": ["OLD"]}, "tags", []),
        ({"assigned_agent_id": None}, "assigned_agent_id", None),
    ],
)
def test_each_change_reaches_every_task(api, mia, three, change, field, value):
    reply = api.as_(mia).post(BULK, json={"ids": three, **change})

    assert reply.status_code == 200, reply.json
    assert [api.as_(mia).get(f"/api/tasks/{id}").json[field] for id in three] == [value] * 3


def test_an_agent_and_a_board_are_set(api, mia, three, make):
    agent, target = make.agent(name="Sierra").id, make.board().id

    assigned = api.as_(mia).post(BULK, json={"ids": three, "assigned_agent_id": agent})
    moved = api.as_(mia).post(BULK, json={"ids": three, "board_id": target})

    assert {item["assigned_agent"]["name"] for item in assigned.json["items"]} == {"Sierra"}
    assert {item["board_id"] for item in moved.json["items"]} == {target}
    assert len({item["position"] for item in moved.json["items"]}) == 3


def test_deleting_takes_all_off_the_board(api, mia, three):
    reply = api.as_(mia).post(BULK, json={"ids": three, "delete": True})

    assert [item["id"] for item in reply.json["items"]] == three
    assert [api.as_(mia).get(f"/api/tasks/{id}").status_code for id in three] == [404] * 3
    assert db.session.query(Activity).filter_by(action="task.deleted").count() == 3


def test_one_refusal_keeps_all_as_they_were_and_names_the_task(api, mia, three, board, make):
    finished = make.task("Finished", by=mia, board=board, status=TaskStatus.DONE).id

    reply = api.as_(mia).post(BULK, json={"ids": [*three, finished], "status": "cancelled"})

    assert reply.status_code == 409
    assert f"Task {finished} (Finished)" in reply.json["detail"]
    assert [api.as_(mia).get(f"/api/tasks/{id}").json["status"] for id in three] == ["todo"] * 3


def test_a_live_run_is_named_too(api, mia, three, board, make):
    make.model()
    running = make.task("Running", by=mia, board=board, agent=make.agent()).id
    runs.start(as_actor(mia), running)

    reply = api.as_(mia).post(BULK, json={"ids": [*three, running], "archived": True})

    assert reply.status_code == 409
    assert "Running" in reply.json["detail"]
    assert api.as_(mia).get(f"/api/tasks/{three[0]}").json["archived"] is False


def test_anothers_task_is_a_403_and_an_unseen_one_a_422(api, mia, noah, three, board, make):
    others = make.task("Not yours", by=noah, board=board).id
    hidden_board = make.board()
    hidden = make.task("Hidden", board=hidden_board).id
    make.grant(mia, hidden_board, BoardLevel.NONE)

    foreign = api.as_(mia).post(BULK, json={"ids": [*three, others], "priority": "low"})
    unseen = api.as_(mia).post(BULK, json={"ids": [*three, hidden], "priority": "low"})

    assert (foreign.status_code, unseen.status_code) == (403, 422)
    assert str(others) in foreign.json["detail"]
    assert unseen.json["detail"][0]["loc"] == ["ids", 3]
    assert "Hidden" not in unseen.text
    assert api.as_(mia).get(f"/api/tasks/{three[0]}").json["priority"] == "medium"


@pytest.mark.parametrize(
    "body",
    [
        {"ids": [], "status": "done"},
        {"ids": list(range(1, 202)), "status": "done"},
        {"ids": [1]},
        {"ids": [1], "status": "done", "priority": "low"},
        {"ids": [1], "status": "nonsense"},
        {"ids": [1], "status": None},
        {"ids": ["x"], "status": "done"},
        {"ids": [10**30], "status": "done"},
        {"ids": [1], "delete": False},
        {"ids": [1], "add_tags": []},
        {"ids": [1], "unknown": 1},
        {"status": "done"},
    ],
)
def test_what_is_no_bulk_change_is_a_422(api, mia, body):
    assert api.as_(mia).post(BULK, json=body).status_code == 422


def test_too_many_tags_are_refused_by_name(api, mia, three, board, make):
    full = make.task("Full", by=mia, board=board, tags=[f"t{number}" for number in range(20)]).id

    reply = api.as_(mia).post(BULK, json={"ids": [*three, full], "add_tags": ["more"]})

    assert reply.status_code == 422
    assert "Full" in reply.json["detail"][0]["msg"]
    assert tasks.get(as_actor(mia), three[0]).tags == ["old"]


def test_nobody_and_the_wrong_type_are_refused(api, mia):
    assert api.post(BULK, json={"ids": [1], "status": "done"}).status_code == 401
    assert api.as_(mia).post(BULK, data="ids=1").status_code == 415
    assert api.as_(mia).post(BULK, data="{", content_type="application/json").status_code == 400
