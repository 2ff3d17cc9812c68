from datetime import UTC, datetime

import pytest

from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import Organization
from helix.models.vocabulary import BoardLevel, Priority, TaskStatus


def test_a_task_is_created_read_and_listed(api, mia, make):
    board = make.board()
    agent = make.agent(name="Sierra")

    made = api.as_(mia).post(
        "/api/tasks/",
        json={
            "title": "Write",
            "board_id": board.id,
            "assigned_agent_id": agent.id,
            "tags": ["Blog", "seo"],
            "due_date": "2026-03-20T00:00:00Z",
        },
    )

    assert made.status_code == 201, made.json
    assert made.json["tags"] == ["blog", "seo"]
    assert made.json["due_date"] == "2026-03-20T00:00:00Z"
    assert api.as_(mia).get(f"/api/tasks/{made.json['id']}").json == made.json
    assert api.as_(mia).get(f"/api/tasks?board_id={board.id}").json == [made.json]


def test_a_task_for_nobody_yet_is_shown_when_made_as_it_is_read_later(api, mia, make):
    with transaction():
        db.session.get_one(type(mia), mia.id).avatar_key = "portrait.webp"
    client, board = api.as_(mia), make.board().id

    made = client.post("/api/tasks/", json={"title": " Write ", "board_id": board, "due_date": "2026-03-20"})

    assert made.status_code == 201, made.json
    assert made.json["created_by"] == {"id": mia.id, "name": "Mia", "avatar_url": "/avatars/portrait.webp"}
    assert client.get(f"/api/tasks/{made.json['id']}").json == made.json


def test_a_member_cannot_delete_anothers_task(api, mia, make):
    task = make.task()

    reply = api.as_(mia).delete(f"/api/tasks/{task.id}")

    assert reply.status_code == 403


def test_a_number_that_no_database_could_keep_is_an_unknown_id(api, mia):
    replies = [api.as_(mia).get(f"/api/tasks/{number}") for number in ("9" * 20, "9" * 400)]

    assert [reply.status_code for reply in replies] == [404, 404]
    assert api.get(f"/api/tasks/{'9' * 20}").status_code == 401


@pytest.fixture
def mine(api, mia, make):
    """A client signed in as Mia, and a task created by her."""
    return api.as_(mia), make.task(by=mia).id


def test_the_reference_creates_changes_and_deletes_a_task_as_printed(api, mia, make):
    client, board, agent = api.as_(mia), make.board().id, make.agent(name="Sierra").id

    made = client.post(
        "/api/tasks/",
        json={
            "title": "Write a blog post about AI tools",
            "description": "Write a 500-word post covering top 5 AI productivity tools",
            "board_id": board,
            "assigned_agent_id": agent,
            "priority": "medium",
            "due_date": "2026-03-20T00:00:00Z",
            "tags": ["blog", "seo"],
            "requires_approval": True,
        },
    )
    path = f"/api/tasks/{made.json['id']}"
    changed = client.patch(path, json={"status": "done", "priority": "high"})
    deleted = client.delete(path)

    assert made.status_code == 201
    assert (made.json["status"], made.json["assigned_agent"]["name"]) == ("todo", "Sierra")
    assert (changed.status_code, changed.json["status"], changed.json["priority"]) == (200, "done", "high")
    assert (deleted.status_code, deleted.data) == (204, b"")
    assert client.get(path).status_code == 404
    assert client.post(f"{path}/restore").json["status"] == "done"


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("status=review", ["R"]),
        ("priority=urgent", ["U"]),
        ("tag=BLOG", ["T"]),
        ("archived=true", ["A"]),
        ("archived=any&sort=created_at", ["R", "U", "T", "A", "D"]),
        ("due_before=2026-03-21", ["D"]),
        ("due_after=2026-03-20", []),
        ("sort=-created_at&archived=false", ["D", "T", "U", "R"]),
        ("sort=-priority&per_page=1", ["U"]),
        ("unknown=1&status=review", ["R"]),
    ],
)
def test_each_filter_of_the_list_narrows(api, mia, make, query, titles):
    client, board = api.as_(mia), make.board()
    make.task("R", board=board, status=TaskStatus.REVIEW)
    make.task("U", board=board, priority=Priority.URGENT)
    make.task("T", board=board, tags=["blog"])
    archived = make.task("A", by=mia, board=board).id
    make.task("D", board=board, due_at=datetime(2026, 3, 20, 12, tzinfo=UTC))
    client.patch(f"/api/tasks/{archived}", json={"archived": True})

    reply = client.get(f"/api/tasks/?{query}")

    assert [task["title"] for task in reply.json] == titles


def test_a_plain_day_is_its_end_in_the_organizations_zone(api, mia, make):
    with transaction():
        db.session.get_one(Organization, 1).timezone = "Asia/Kuala_Lumpur"
    client, board = api.as_(mia), make.board().id

    def due(value):
        return client.post("/api/tasks", json={"title": "x", "board_id": board, "due_date": value}).json["due_date"]

    assert due("2026-03-20") == "2026-03-20T15:59:59Z"
    assert due("2026-03-20T10:00:00") == "2026-03-20T02:00:00Z"
    assert due("2026-03-20T10:00:00+02:00") == "2026-03-20T08:00:00Z"


def test_a_move_outside_the_table_is_a_conflict_that_names_the_moves(mine):
    client, task = mine

    reply = client.patch(f"/api/tasks/{task}", json={"status": "approved"})

    assert reply.status_code == 409
    assert "in_progress, done or cancelled" in reply.json["detail"]


def test_a_stale_version_is_a_conflict_that_carries_the_task(mine):
    client, task = mine
    first = client.patch(f"/api/tasks/{task}", json={"title": "Newer", "version": 1})

    stale = client.patch(f"/api/tasks/{task}", json={"title": "Older", "version": 1})

    assert first.json["version"] == 2
    assert (stale.status_code, stale.json["task"]["title"]) == (409, "Newer")


def test_a_result_is_approved_or_sent_back_with_words(api, mia, make):
    client, board = api.as_(mia), make.board()
    good = make.task("Good", by=mia, board=board, status=TaskStatus.REVIEW).id
    poor = make.task("Poor", by=mia, board=board, status=TaskStatus.REVIEW).id

    approved = client.post(f"/api/tasks/{good}/approve").json
    rejected = client.post(f"/api/tasks/{poor}/reject", json={"feedback": "Shorter"}).json

    assert (approved["status"], approved["approved_by_user_id"]) == ("done", approved["created_by_user_id"])
    assert approved["approved_at"]
    assert rejected["status"] == "rejected"
    assert client.get(f"/api/tasks/{poor}/comments").json[0]["kind"] == "feedback"
    assert client.post(f"/api/tasks/{good}/approve").status_code == 409


def test_watching_is_chosen_and_given_up(api, noah, mine):
    _door, task = mine
    other = api.as_(noah)

    states = [
        other.put(f"/api/tasks/{task}/watch", json={"watching": wanted}).json["watching"]
        for wanted in (True, True, False)
    ]

    assert states == [True, True, False]
    assert other.get(f"/api/tasks/{task}").json["watching"] is False
    assert other.put(f"/api/tasks/{task}/watch", json={}).status_code == 422
    assert api.put(f"/api/tasks/{task}/watch", json={"watching": True}).status_code == 401
    assert other.put("/api/tasks/999999/watch", json={"watching": True}).status_code == 404


@pytest.mark.parametrize(
    "change",
    [
        {"title": ""},
        {"title": "x" * 501},
        {"title": None},
        {"title": "a\x00"},
        {"description": "x" * 100_001},
        {"status": "nonsense"},
        {"priority": 3},
        {"tags": [f"t{number}" for number in range(21)]},
        {"board_id": 999999},
        {"assigned_agent_id": 999999},
        {"before_id": 999999},
        {"due_date": "soon"},
        {"colour": "red"},
    ],
)
def test_a_value_that_fails_a_check_is_a_422(mine, change):
    client, task = mine

    reply = client.patch(f"/api/tasks/{task}", json=change)

    assert reply.status_code == 422
    assert {"loc", "msg", "type"} <= reply.json["detail"][0].keys()


def test_a_closed_board_hides_its_tasks(api, mia, make):
    board = make.board()
    make.grant(mia, board, BoardLevel.NONE)
    task, client = make.task(board=board).id, api.as_(mia)

    assert client.get("/api/tasks/").json == []
    assert [
        client.get(f"/api/tasks/{task}").status_code,
        client.patch(f"/api/tasks/{task}", json={"title": "x"}).status_code,
        client.delete(f"/api/tasks/{task}").status_code,
        client.post(f"/api/tasks/{task}/execute").status_code,
    ] == [404] * 4


def test_sending_back_can_run_the_agent_again_in_the_same_request(api, mia, make):
    make.model()
    agent = make.agent("Sierra")
    kept, ready, nobody = (
        make.task(by=mia, agent=whose, status=TaskStatus.REVIEW).id for whose in (agent, agent, None)
    )
    client, words = api.as_(mia), {"feedback": "Shorter"}

    plain = client.post(f"/api/tasks/{kept}/reject", json=words).json
    started = client.post(f"/api/tasks/{ready}/reject", json=words | {"run_again": True}).json
    refused = client.post(f"/api/tasks/{nobody}/reject", json=words | {"run_again": True})
    unreadable = client.post(f"/api/tasks/{kept}/reject", json=words | {"run_again": "perhaps"}).status_code

    assert (plain["status"], plain["last_run"], plain["run_refused"]) == ("rejected", None, None)
    assert (started["status"], started["last_run"]["status"], started["run_refused"]) == ("rejected", "queued", None)
    assert (refused.status_code, refused.json["status"], refused.json["last_run"]) == (200, "rejected", None)
    assert refused.json["run_refused"].startswith("Nobody is assigned.")
    assert refused.json["comment_count"] == 1
    assert unreadable == 422
