"""Repeated requests are answered from the cache until any write, on this or another machine."""

import pytest
from sqlalchemy import text

from helix import live
from helix.api import response_cache
from helix.db.transaction import transaction
from helix.extensions import db
from helix.live.cache import OVERHEAD
from helix.live.listen import Listener
from helix.live.shared_number import SharedNumber
from helix.models import Task
from tests.support.waiting import wait_for


@pytest.fixture
def remembering(clean_app, monkeypatch):
    """As in a web process."""
    monkeypatch.setattr(live.rights, "_following", True)
    monkeypatch.setattr(live.writes, "_following", True)
    # A loaded machine may take longer for two requests than answers are kept.
    monkeypatch.setattr(response_cache.answers, "seconds", 60.0)
    wait_for(lambda: live.writes.state() is not None)
    yield
    response_cache.answers.clear()


@pytest.fixture
def task(make):
    return make.task(title="Plan the launch")


def sent(statements, client, path):
    with statements() as found:
        assert client.get(path).status_code == 200
    return found


def test_the_second_answer_asks_nothing_and_is_the_same(remembering, statements, api, ada, task):
    client, path = api.as_(ada), f"/api/tasks/{task.id}"
    first = client.get(path)

    assert sent(statements, client, path) == []
    again = client.get(path)

    assert again.json == first.json
    assert again.headers["ETag"] == first.headers["ETag"]
    assert again.headers["X-Request-ID"] != first.headers["X-Request-ID"]


def test_a_change_shows_in_the_next_answer(remembering, api, ada, task):
    client, path = api.as_(ada), f"/api/tasks/{task.id}"
    assert client.get(path).json["title"] == "Plan the launch"

    client.patch(path, json={"title": "Plan the party"})

    assert client.get(path).json["title"] == "Plan the party"


def test_what_is_written_without_a_request_shows_as_well(remembering, api, ada, task):
    client = api.as_(ada)
    assert client.get("/api/tasks/").json[0]["title"] == "Plan the launch"

    with transaction():
        db.session.get_one(Task, task.id).title = "Plan the party"

    assert client.get("/api/tasks/").json[0]["title"] == "Plan the party"


def test_what_another_process_of_this_machine_writes_makes_all_void(tmp_path):
    here, there = SharedNumber("writes"), SharedNumber("writes")
    here.share(tmp_path)
    there.share(tmp_path)
    before = here.read()

    there.move()

    assert before is not None
    assert here.read() != before


def test_what_is_sent_as_known_is_not_sent_again(remembering, api, ada, task):
    client, path = api.as_(ada), f"/api/tasks/{task.id}"
    etag = client.get(path).headers["ETag"]

    again = client.get(path, headers={"If-None-Match": etag})

    assert (again.status_code, again.data) == (304, b"")
    assert client.get(path).json["id"] == task.id


def test_nobody_gets_anothers_answer(remembering, api, ada, mia):
    assert api.as_(ada).get("/api/auth/me").json["id"] == ada.id

    assert api.as_(mia).get("/api/auth/me").json["id"] == mia.id


def test_a_board_that_is_closed_to_somebody_is_gone_at_once(remembering, api, ada, mia, task):
    client, path = api.as_(mia), f"/api/tasks/{task.id}"
    before = client.get(path).status_code

    api.as_(ada).put(f"/api/boards/{task.board_id}/permissions", json=[{"user_id": mia.id, "level": "none"}])

    assert (before, client.get(path).status_code) == (200, 404)


def test_another_address_is_another_answer(remembering, api, ada, make, task):
    make.task(title="Another")
    client = api.as_(ada)

    assert len(client.get("/api/tasks/?per_page=1").json) == 1
    assert len(client.get("/api/tasks/?per_page=2").json) == 2


def test_an_event_from_another_machine_makes_all_void(remembering, statements, api, ada, task):
    client, path = api.as_(ada), f"/api/tasks/{task.id}"
    client.get(path)
    before = live.writes.state()

    live.publish("task", task.id, board_id=task.board_id)
    wait_for(lambda: live.writes.state() != before)

    assert sent(statements, client, path) != []


def test_what_was_changed_by_hand_holds_after_a_second(remembering, api, ada, task, monkeypatch):
    client, path = api.as_(ada), f"/api/tasks/{task.id}"
    monkeypatch.setattr(response_cache.answers, "seconds", 0.0)
    client.get(path)

    with db.engine.begin() as connection:
        connection.execute(text("UPDATE tasks SET title = 'By hand'"))

    assert client.get(path).json["title"] == "By hand"


def test_nothing_is_remembered_where_redis_is_away(remembering, statements, api, ada, task, monkeypatch):
    client, path = api.as_(ada), f"/api/tasks/{task.id}"
    client.get(path)
    monkeypatch.setattr(Listener, "changes_version", lambda listener: None)

    assert sent(statements, client, path) != []


def test_memory_has_an_end(remembering, api, ada, task, monkeypatch):
    client = api.as_(ada)
    size = len(client.get(f"/api/tasks/{task.id}").data)
    monkeypatch.setattr(response_cache.answers, "most_bytes", 3 * (size + OVERHEAD))

    for page in range(1, 30):
        client.get(f"/api/tasks/{task.id}?page={page}")

    assert 1 <= len(response_cache.answers) <= 3


def test_the_state_of_the_workers_is_not_remembered(remembering, api, ada):
    api.as_(ada).get("/api/gateway/status")

    assert len(response_cache.answers) == 0
