"""Tasks assigned to people: beside or instead of an agent."""

from io import BytesIO

import pytest

from helix.db.transaction import transaction
from helix.errors import Forbidden
from helix.extensions import db
from helix.models import Task
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


# What a person may do with a task in review, with a comment and a file of its creator: as the one it is assigned to, as
# its creator, and without either, each with the level `create` on its board.
RIGHTS = {
    "read": (200, 200, 200),
    "comment": (201, 201, 201),
    "edit": (200, 200, 403),
    "edit several": (200, 200, 403),
    "hand on": (200, 200, 403),
    "archive": (200, 200, 403),
    "attach": (201, 201, 403),
    "approve": (403, 200, 403),
    "approve by a move": (403, 200, 403),
    "send back": (403, 200, 403),
    "need no approval": (403, 200, 403),
    "edit the result": (403, 200, 403),
    "delete": (403, 204, 403),
    "delete several": (403, 200, 403),
    "delete the comment": (403, 204, 403),
    "delete the file": (403, 204, 403),
}


def ask(client, name, task, comment, file):
    address, several = f"/api/tasks/{task.id}", {"ids": [task.id]}
    asked = {
        "read": lambda: client.get(address),
        "comment": lambda: client.post(f"{address}/comments/", json={"content": "On it."}),
        "edit": lambda: client.patch(address, json={"title": "Better", "priority": "high"}),
        "edit several": lambda: client.post("/api/tasks/bulk", json=several | {"priority": "high"}),
        "hand on": lambda: client.patch(address, json={"assigned_user_id": None}),
        "archive": lambda: client.patch(address, json={"archived": True}),
        "attach": lambda: attach(client, task),
        "approve": lambda: client.post(f"{address}/approve"),
        "approve by a move": lambda: client.patch(address, json={"status": "done"}),
        "send back": lambda: client.post(f"{address}/reject", json={"feedback": "Shorter"}),
        "need no approval": lambda: client.patch(address, json={"requires_approval": False}),
        "edit the result": lambda: client.patch(f"{address}/result", json={"result": "Mine"}),
        "delete": lambda: client.delete(address),
        "delete several": lambda: client.post("/api/tasks/bulk", json=several | {"delete": True}),
        "delete the comment": lambda: client.delete(f"/api/comments/{comment}"),
        "delete the file": lambda: client.delete(f"/api/task-attachments/{file}"),
    }
    return asked[name]()


def attach(client, task):
    return client.post(f"/api/tasks/{task.id}/attachments", data={"file": (BytesIO(b"tea"), "note.txt")})


@pytest.mark.parametrize("name", RIGHTS)
@pytest.mark.parametrize("role", ["assigned", "creator", "neither"])
def test_what_the_assigned_person_may_do_beside_the_creator_and_others(api, make, people, board, name, role):
    assigned, person = people.mia, people.mia if role == "assigned" else people.noah
    creator = people.ada if role == "neither" else people.noah
    make.grant(people.noah, board, BoardLevel.CREATE)
    task = make.task(board=board, by=creator, assigned_user_id=assigned.id, status=TaskStatus.REVIEW)
    with transaction():
        db.session.get_one(Task, task.id).result = "The post"
    author = api.as_(creator)
    comment = author.post(f"/api/tasks/{task.id}/comments/", json={"content": "Mind the tone."}).json["id"]
    file = attach(author, task).json["id"]

    reply = ask(api.as_(person), name, task, comment, file)

    expected = dict(zip(("assigned", "creator", "neither"), RIGHTS[name], strict=True))[role]
    assert reply.status_code == expected, reply.json


def test_the_assigned_person_deletes_a_file_of_its_own(api, mia, make, board):
    task = make.task(board=board, assigned_user_id=mia.id)
    client = api.as_(mia)

    assert client.delete(f"/api/task-attachments/{attach(client, task).json['id']}").status_code == 204


def test_the_assigned_person_does_not_bring_back_what_the_creator_has_deleted(ada, mia, make, board):
    task = make.task(board=board, by=ada, assigned_user_id=mia.id)
    tasks.delete(as_actor(ada), task.id)

    with pytest.raises(Forbidden):
        tasks.undo.restore_all(as_actor(mia), [task.id])
