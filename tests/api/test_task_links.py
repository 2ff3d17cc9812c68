"""Links between tasks over the API: what is needed, what is blocked, and who may say so."""

import pytest

from helix.models.vocabulary import BoardLevel, TaskStatus
from tests.api.test_task_execution import number_of_runs


@pytest.fixture
def pair(make, mia):
    """Two tasks of Mia's on one board: the first has an agent."""
    make.model()
    board = make.board(name="SEO", key="SEO")
    return make.task("Write", by=mia, board=board, agent=make.agent("Sierra")), make.task("Brief", by=mia, board=board)


@pytest.fixture
def client(api, mia):
    return api.as_(mia)


def link(client, task, needed, **body):
    return client.post(f"/api/tasks/{task.id}/links", json={"needs_task_id": needed.id, **body})


def test_a_need_is_shown_on_both_tasks(client, pair):
    write, brief = pair

    added = link(client, write, brief)

    assert (added.status_code, added.json["key"], added.json["until"]) == (201, f"SEO-{brief.id}", "approved")
    needs = client.get(f"/api/tasks/{write.id}/links").json
    needed_by = client.get(f"/api/tasks/{brief.id}/links").json
    assert [one["id"] for one in needs["needs"]] == [brief.id]
    assert [one["id"] for one in needed_by["needed_by"]] == [write.id]
    shown = client.get(f"/api/tasks/{write.id}").json
    assert (shown["blocked"], shown["blocked_by"], shown["run_when_ready"]) == (True, [brief.id], False)
    assert shown["blocked_message"] == f"Waits for SEO-{brief.id} · to do"


def test_execute_says_that_it_waits_and_the_run_follows(client, pair):
    write, brief = pair
    link(client, write, brief)

    reply = client.post(f"/api/tasks/{write.id}/execute")

    assert (reply.status_code, reply.json["run_id"], reply.json["run_when_ready"]) == (202, None, True)
    assert number_of_runs() == 0
    client.patch(f"/api/tasks/{brief.id}", json={"status": "done"})
    assert number_of_runs() == 1
    assert not client.get(f"/api/tasks/{write.id}").json["blocked"]


def test_going_on_without_the_need_starts_the_run(client, pair):
    write, brief = pair
    link(client, write, brief)
    client.post(f"/api/tasks/{write.id}/execute")

    gone = client.delete(f"/api/tasks/{write.id}/links/{brief.id}")
    again = client.delete(f"/api/tasks/{write.id}/links/{brief.id}")

    assert (gone.status_code, again.status_code) == (204, 404)
    assert number_of_runs() == 1


def test_another_until_changes_the_link(client, pair):
    write, brief = pair
    link(client, write, brief)
    client.patch(f"/api/tasks/{brief.id}", json={"status": "in_progress"})
    client.patch(f"/api/tasks/{brief.id}", json={"status": "review"})
    assert client.get(f"/api/tasks/{write.id}").json["blocked"]

    changed = link(client, write, brief, until="settled")

    assert (changed.status_code, changed.json["met"]) == (201, True)
    assert not client.get(f"/api/tasks/{write.id}").json["blocked"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"needs_task_id": 999}, "There is no task 999."),
        ({"needs_task_id": "soon"}, "valid integer"),
        ({}, "Field required"),
        ({"needs_task_id": 1, "until": "tomorrow"}, "'settled' or 'approved'"),
    ],
)
def test_a_bad_need_is_refused_with_its_field(client, pair, body, words):
    reply = client.post(f"/api/tasks/{pair[0].id}/links", json=body)

    assert reply.status_code == 422
    assert words in str(reply.json["detail"])


def test_a_cycle_is_refused(client, pair):
    write, brief = pair
    link(client, write, brief)

    reply = link(client, brief, write)

    assert reply.status_code == 422
    assert "neither could start" in reply.json["detail"][0]["msg"]


def test_a_need_on_a_board_that_one_does_not_see_is_a_number(api, make, ada, noah, pair):
    write, _ = pair
    secret = make.task("Secret", by=ada, board=make.board(default_level=int(BoardLevel.NONE)))
    link(api.as_(ada), write, secret)

    shown = api.as_(noah).get(f"/api/tasks/{write.id}").json
    links = api.as_(noah).get(f"/api/tasks/{write.id}/links").json

    assert (shown["blocked"], shown["blocked_by"], shown["blocked_by_hidden"]) == (True, [], 1)
    assert shown["blocked_message"] == "Waits for a task on another board"
    assert (links["needs"], links["needs_hidden"]) == ([], 1)
    assert link(api.as_(noah), write, secret).status_code in (403, 422)


def test_only_blocked_tasks_are_listed(client, pair):
    write, brief = pair
    link(client, write, brief)

    found = client.get("/api/tasks/?blocked=true").json

    assert [task["id"] for task in found] == [write.id]


def test_a_list_asks_for_all_needs_at_once(client, make, mia, pair, statements):
    write, brief = pair
    link(client, write, brief)
    with statements() as one:
        client.get("/api/tasks/")
    for number in range(5):
        link(client, make.task(f"Task {number}", by=mia), brief)
    with statements() as six:
        client.get("/api/tasks/")

    assert len(six) == len(one)


def test_the_creator_is_asked_when_the_needed_task_is_cancelled(client, pair):
    write, brief = pair
    link(client, write, brief)

    client.patch(f"/api/tasks/{brief.id}", json={"status": TaskStatus.CANCELLED})

    asked = [one for one in client.get("/api/notifications/?read=false").json["items"] if one["type"] == "request"]
    assert [one["target_id"] for one in asked] == [write.id]
    assert client.get(f"/api/tasks/{write.id}/links").json["needs"][0]["gone"] == "cancelled"


@pytest.mark.parametrize("mode", ["manual", "auto"])
def test_a_task_is_created_with_what_it_needs_and_does_not_start(client, pair, make, mode):
    write, brief = pair
    agent = make.agent("Nova", execution_mode=mode)
    body = {"title": "Publish", "board_id": write.board_id, "assigned_agent_id": agent.id}

    made = client.post("/api/tasks/", json=body | {"needs_task_ids": [brief.id, write.id, brief.id]})

    assert made.status_code == 201
    assert made.json["blocked_by"] == sorted([write.id, brief.id])
    assert made.json["run_when_ready"] == (mode == "auto")
    assert number_of_runs() == 0


def test_a_need_that_nobody_sees_creates_nothing(client, pair):
    write, _ = pair
    before = client.get("/api/tasks/").headers["X-Total-Count"]

    refused = client.post(
        "/api/tasks/", json={"title": "Publish", "board_id": write.board_id, "needs_task_ids": [write.id, 99_999]}
    )

    assert refused.status_code == 422
    assert refused.json["detail"][0]["loc"] == ["needs_task_ids"]
    assert client.get("/api/tasks/").headers["X-Total-Count"] == before
