"""The header Idempotency-Key on POST of tasks, comments and execute."""

import threading
from datetime import timedelta

import pytest

from helix import clock
from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import Comment, IdempotencyKey, Run, Task
from helix.models.vocabulary import BoardLevel
from helix.services import idempotency
from tests.support.people import as_actor

KEY = {"Idempotency-Key": "a-key-of-mine"}


@pytest.fixture
def wish(make):
    return {"title": "Once", "board_id": make.board().id}


def count(table):
    db.session.rollback()
    return db.session.query(table).count()


def test_the_same_key_and_body_get_the_first_answer_again(api, mia, wish):
    first = api.as_(mia).post("/api/tasks/", json=wish, headers=KEY)
    again = api.as_(mia).post("/api/tasks", json=dict(reversed(wish.items())), headers=KEY)

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json == first.json
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert count(Task) == 1


def test_another_body_under_the_same_key_is_a_conflict(api, mia, wish):
    api.as_(mia).post("/api/tasks/", json=wish, headers=KEY)

    reply = api.as_(mia).post("/api/tasks/", json=wish | {"title": "Twice"}, headers=KEY)

    assert reply.status_code == 409
    assert "Idempotency-Key" in reply.json["detail"]
    assert count(Task) == 1


def test_a_key_belongs_to_one_person(api, mia, noah, wish):
    others = api.as_(noah)
    api.as_(mia).post("/api/tasks/", json=wish, headers=KEY)

    assert others.post("/api/tasks/", json=wish, headers=KEY).status_code == 201
    assert count(Task) == 2


def test_without_a_key_every_request_counts(api, mia, wish):
    for _ in range(2):
        assert api.as_(mia).post("/api/tasks/", json=wish).status_code == 201

    assert count(Task) == 2


def test_comments_and_execute_honour_it_too(api, mia, make):
    make.model()
    task = make.task(by=mia, agent=make.agent()).id

    comments = [
        api.as_(mia).post(f"/api/tasks/{task}/comments/", json={"content": "Hello"}, headers=KEY) for _ in range(2)
    ]
    executed = [api.as_(mia).post(f"/api/tasks/{task}/execute", headers=KEY) for _ in range(2)]
    via_gateway = api.as_(mia).post(f"/api/gateway/tasks/{task}/execute", headers=KEY)

    assert [reply.status_code for reply in comments] == [201, 201]
    assert comments[0].json == comments[1].json
    assert [reply.status_code for reply in executed] == [202, 202]
    assert executed[0].json == executed[1].json
    assert via_gateway.status_code == 409  # another address, so a request of its own: the task is live
    assert (count(Comment), count(Run)) == (1, 1)


def test_a_failure_does_not_stick(api, mia, make):
    make.model()
    agent = make.agent().id
    task = make.task(by=mia).id

    refused = api.as_(mia).post(f"/api/tasks/{task}/execute", headers=KEY)
    api.as_(mia).patch(f"/api/tasks/{task}", json={"assigned_agent_id": agent})
    accepted = api.as_(mia).post(f"/api/tasks/{task}/execute", headers=KEY)

    assert (refused.status_code, accepted.status_code) == (409, 202)


def test_a_crash_does_not_stick_and_leaves_nothing_behind(api, mia, wish, monkeypatch):
    def broken(*_):
        raise RuntimeError("the machine caught fire")

    with monkeypatch.context() as patch:
        patch.setattr("helix.services.tasks.serialize_new", broken)
        api_in_production = api.as_(mia)
        api_in_production._app.testing = False
        try:
            crashed = api_in_production.post("/api/tasks/", json=wish, headers=KEY)
        finally:
            api_in_production._app.testing = True
    tasks_after_the_crash = count(Task)
    again = api.as_(mia).post("/api/tasks/", json=wish, headers=KEY)

    assert (crashed.status_code, tasks_after_the_crash) == (500, 0)
    assert again.status_code == 201
    assert count(Task) == 1


def test_a_request_under_way_is_a_conflict(api, mia, wish):
    api.as_(mia).post("/api/tasks/", json=wish, headers=KEY)
    with transaction():
        db.session.query(IdempotencyKey).update({"status": None, "answer": None})

    reply = api.as_(mia).post("/api/tasks/", json=wish, headers=KEY)

    assert reply.status_code == 409
    assert "in progress" in reply.json["detail"]


def test_a_request_that_died_is_taken_over_and_cannot_finish_any_more(mia):
    begun = idempotency.begin(as_actor(mia), "k", "POST /x", "hash")
    with transaction():
        long_ago = clock.now() - timedelta(minutes=3)
        db.session.query(IdempotencyKey).update({"created_at": long_ago})
    stale = idempotency.Reservation(begun.id, long_ago)

    taken_over = idempotency.begin(as_actor(mia), "k", "POST /x", "hash")

    assert isinstance(taken_over, idempotency.Reservation)
    with pytest.raises(idempotency.Conflict), transaction():
        idempotency.finish(stale, 201, {"who": "the dead one"})
    with transaction():
        idempotency.finish(taken_over, 201, {"who": "the next one"})
    assert idempotency.begin(as_actor(mia), "k", "POST /x", "hash") == idempotency.StoredResponse(
        201, {"who": "the next one"}
    )


def test_after_a_day_a_key_is_free_again(api, mia, wish):
    api.as_(mia).post("/api/tasks/", json=wish, headers=KEY)
    with transaction():
        db.session.query(IdempotencyKey).update({"created_at": clock.now() - timedelta(hours=25)})

    reply = api.as_(mia).post("/api/tasks/", json=wish | {"title": "Next day"}, headers=KEY)

    assert reply.status_code == 201
    assert reply.json["title"] == "Next day"


def test_old_keys_are_forgotten(mia):
    idempotency.begin(as_actor(mia), "old", "POST /x", "hash")
    with transaction():
        db.session.query(IdempotencyKey).update({"created_at": clock.now() - timedelta(hours=25)})
    idempotency.begin(as_actor(mia), "new", "POST /x", "hash")

    assert idempotency.delete_expired() == 1
    assert [key for (key,) in db.session.query(IdempotencyKey.key)] == ["new"]


def test_of_many_at_once_one_is_first_and_the_others_get_its_answer_or_wait(clean_app, api, mia, wish):
    mine = api.as_(mia)
    ready, replies = threading.Barrier(6), []

    def send():
        with clean_app.app_context():
            ready.wait()
            replies.append(mine.post("/api/tasks/", json=wish, headers=KEY))

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert len(replies) == 6
    assert {reply.status_code for reply in replies} <= {201, 409}
    assert len({reply.json["id"] for reply in replies if reply.status_code == 201}) == 1
    assert count(Task) == 1


def test_a_key_has_1_to_255_characters(api, mia, wish):
    assert api.as_(mia).post("/api/tasks/", json=wish, headers={"Idempotency-Key": "k" * 256}).status_code == 422
    assert api.as_(mia).post("/api/tasks/", json=wish, headers={"Idempotency-Key": "k" * 255}).status_code == 201


@pytest.mark.parametrize("what", ["task", "comment", "bulk"])
def test_the_first_answer_is_not_given_again_after_the_right_is_gone(api, mia, make, what):
    board = make.board()
    task = make.task(by=mia, board=board)
    path, body = {
        "task": ("/api/tasks/", {"title": "The merger", "board_id": board.id}),
        "comment": (f"/api/tasks/{task.id}/comments/", {"content": "12 million"}),
        "bulk": ("/api/tasks/bulk", {"ids": [task.id], "priority": "high"}),
    }[what]
    client = api.as_(mia)
    first = client.post(path, json=body, headers=KEY)
    make.grant(mia, db.session.get_one(type(board), board.id), BoardLevel.NONE)

    again = client.post(path, json=body, headers=KEY)

    assert first.status_code in (200, 201)
    assert (again.status_code, list(again.json)) == (403, ["detail"])


def test_a_task_that_was_deleted_since_is_no_lost_right(api, mia, wish):
    client = api.as_(mia)
    first = client.post("/api/tasks/", json=wish, headers=KEY)
    client.delete(f"/api/tasks/{first.json['id']}")

    assert client.post("/api/tasks/", json=wish, headers=KEY).json == first.json
