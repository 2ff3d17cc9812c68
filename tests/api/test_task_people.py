"""Tasks assigned to people: beside or instead of an agent."""

import pytest

from helix.db.transaction import transaction
from helix.models.vocabulary import BoardLevel, TaskStatus
from helix.policies.actor import agent_actor
from helix.services import accounts, notifications, tasks
from tests.support.people import as_actor


@pytest.fixture
def board(make, mia):
    board = make.board()
    make.grant(mia, board, BoardLevel.CREATE)
    return board


def news(client):
    return [(line["type"], line["title"]) for line in client.get("/api/notifications/").json["items"]]


def test_a_task_is_created_for_a_person_who_is_told(api, ada, mia, board):
    made = api.as_(ada).post(
        "/api/tasks/", json={"title": "Call them", "board_id": board.id, "assigned_user_id": mia.id}
    )

    assert made.status_code == 201, made.json
    assert made.json["assigned_user_id"] == mia.id
    assert made.json["assigned_user"] == {"id": mia.id, "name": "Mia", "avatar_url": None}
    assert made.json["assigned_agent"] is None
    assert news(api.as_(mia)) == [("task_assigned", "Ada assigned a task to you")]
    assert news(api.as_(ada)) == []
    entries = api.as_(ada).get("/api/activity/?action=task.assigned").json["items"]
    assert [entry["details"] for entry in entries] == [{"person": "Mia"}]


def test_a_person_is_set_beside_an_agent_found_and_taken_off(api, ada, mia, make, board):
    task = make.task(board=board, agent=make.agent(name="Sierra"))
    other = make.task(board=board)
    client = api.as_(ada)

    given = client.patch(f"/api/tasks/{task.id}", json={"assigned_user_id": mia.id}).json

    assert (given["assigned_agent"]["name"], given["assigned_user"]["name"]) == ("Sierra", "Mia")
    assert [row["id"] for row in client.get(f"/api/tasks/?assigned_user_id={mia.id}").json] == [task.id]
    assert [row["id"] for row in client.get(f"/api/tasks/?assigned_user_id={ada.id}").json] == []
    taken = client.patch(f"/api/tasks/{task.id}", json={"assigned_user_id": None}).json
    assert (taken["assigned_user"], taken["assigned_agent"]["name"]) == (None, "Sierra")
    several = client.post("/api/tasks/bulk", json={"ids": [task.id, other.id], "assigned_user_id": mia.id})
    assert [row["assigned_user_id"] for row in several.json["items"]] == [mia.id, mia.id]


def test_a_person_who_does_not_see_the_board_is_refused(api, ada, mia, make):
    board = make.board()
    make.grant(mia, board, BoardLevel.NONE)
    task = make.task(board=board)

    for person in (mia.id, 999):
        reply = api.as_(ada).patch(f"/api/tasks/{task.id}", json={"assigned_user_id": person})

        assert reply.status_code == 422
        assert reply.json["detail"][0]["loc"][-1] == "assigned_user_id"


def test_a_move_to_a_board_that_the_person_does_not_see_takes_the_person_off(api, ada, mia, make, board):
    closed = make.board()
    make.grant(mia, closed, BoardLevel.NONE)
    task = make.task(board=board, assigned_user_id=mia.id)

    moved = api.as_(ada).patch(f"/api/tasks/{task.id}", json={"board_id": closed.id}).json

    assert (moved["board_id"], moved["assigned_user_id"]) == (closed.id, None)


def test_the_assigned_person_works_on_the_task_but_does_not_decide_on_it(api, mia, make, board):
    task = make.task(board=board, assigned_user_id=mia.id, agent=make.agent(name="Sierra"))
    client, address = api.as_(mia), f"/api/tasks/{task.id}"

    assert client.patch(address, json={"status": "in_progress", "title": "Better"}).status_code == 200
    assert client.patch(address, json={"status": "review"}).status_code == 200
    assert client.patch(address, json={"status": "done"}).status_code == 403
    assert client.patch(address, json={"requires_approval": False}).status_code == 403
    assert client.post(f"{address}/approve").status_code == 403
    assert client.delete(address).status_code == 403
    assert client.patch(address, json={"assigned_user_id": None}).status_code == 200
    assert client.patch(address, json={"title": "Again"}).status_code == 403


def test_closing_an_account_takes_it_off_open_tasks_and_leaves_the_others(api, ada, mia, make, board):
    waiting = make.task(board=board, assigned_user_id=mia.id)
    done = make.task(board=board, assigned_user_id=mia.id, status=TaskStatus.DONE)
    before = waiting.version

    accounts.close(as_actor(ada), mia.id)

    client = api.as_(ada)
    freed, kept = (client.get(f"/api/tasks/{task.id}").json for task in (waiting, done))
    assert (freed["assigned_user"], freed["version"]) == (None, before + 1)
    assert kept["assigned_user"]["name"] == "Mia (closed)"


def test_the_assigned_person_hears_that_it_is_done(api, ada, mia, make, board):
    task = make.task(board=board, assigned_user_id=mia.id)

    tasks.edit(as_actor(ada), task.id, {"status": TaskStatus.DONE})

    assert ("task_completed", "Task done") in news(api.as_(mia))


def test_the_assigned_person_follows_the_task_and_hears_of_results_to_approve_with_the_right_for_it(
    api, ada, mia, make
):
    board = make.board()
    make.grant(mia, board, BoardLevel.MANAGE)
    task = make.task(board=board, assigned_user_id=mia.id, agent=make.agent(name="Sierra"))
    client = api.as_(mia)

    assert client.get(f"/api/tasks/{task.id}").json["watching"] is True
    with transaction():
        notifications.approval_needed(agent_actor(task.assigned_agent_id, "Sierra"), task)
    assert ("approval_needed", "Sierra asks for approval") in news(client)
    client.put(f"/api/tasks/{task.id}/watch", json={"watching": False})
    assert client.get(f"/api/tasks/{task.id}").json["watching"] is False
