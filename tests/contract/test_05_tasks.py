import pytest

CREATE = """
POST /api/tasks/
Content-Type: application/json

{
  "title": "Write a blog post about AI tools",
  "description": "Write a 500-word post covering top 5 AI productivity tools",
  "board_id": 4,
  "assigned_agent_id": 5,
  "priority": "medium",
  "due_date": "2026-03-20T00:00:00Z",
  "tags": ["blog", "seo"],
  "requires_approval": true
}
"""


@pytest.fixture
def task(member, demo):
    return member.send(CREATE).json


def test_create_task(member, demo, mia):
    reply = member.send(CREATE)

    assert reply.status_code == 201
    sent = {
        "title": "Write a blog post about AI tools",
        "description": "Write a 500-word post covering top 5 AI productivity tools",
        "board_id": 4,
        "assigned_agent_id": 5,
        "priority": "medium",
        "due_date": "2026-03-20T00:00:00Z",
        "tags": ["blog", "seo"],
        "requires_approval": True,
    }
    assert {key: reply.json[key] for key in sent} == sent
    made = {"status": "todo", "version": 1, "archived": False, "created_by_user_id": mia.id, "result": None}
    assert {key: reply.json[key] for key in made} == made
    assert reply.json["assigned_agent"] == {
        "id": 5,
        "name": "Sierra",
        "role_title": "Blog Writer",
        "status": "online",
    }


@pytest.mark.parametrize(
    ("request_line", "found"),
    [
        ("GET /api/tasks/", 1),
        ("GET /api/tasks/?board_id=3", 0),
        ("GET /api/tasks/?board_id=4", 1),
        ("GET /api/tasks/?status=todo", 1),
        ("GET /api/tasks/?status=done", 0),
        ("GET /api/tasks/?assigned_agent_id=5", 1),
        ("GET /api/tasks/?assigned_agent_id=6", 0),
        ("GET /api/tasks/?archived=false", 1),
        ("GET /api/tasks/?archived=true", 0),
    ],
)
def test_list_tasks(member, task, request_line, found):
    reply = member.send(request_line)

    assert reply.status_code == 200
    assert reply.json == [task] * found
    assert reply.headers["X-Total-Count"] == str(found)


@pytest.mark.parametrize(("words", "found"), [("blog post", 1), ("productivity", 1), ("sierra", 1), ("garden", 0)])
def test_search_tasks_by_title_description_and_agent_name(member, task, words, found):
    reply = member.send(f"GET /api/tasks/search?q={words}")

    assert reply.status_code == 200
    assert reply.json == [task] * found


def test_get_task(member, task):
    reply = member.send("GET /api/tasks/{task_id}", task["id"])

    assert (reply.status_code, reply.json) == (200, task)


def test_update_task(member, task):
    reply = member.send(
        """
PATCH /api/tasks/{task_id}
Content-Type: application/json

{
  "status": "done",
  "priority": "high"
}
""",
        task["id"],
    )

    assert reply.status_code == 200
    assert (reply.json["status"], reply.json["priority"]) == ("done", "high")
    assert reply.json["completed_at"]
    assert reply.json["version"] > task["version"]


def test_delete_task(member, task):
    reply = member.send("DELETE /api/tasks/{task_id}", task["id"])

    assert (reply.status_code, reply.data) == (204, b"")
    assert member.send("GET /api/tasks/{task_id}", task["id"]).status_code == 404
    assert member.send("GET /api/tasks/").json == []


def test_execute_task(member, task):
    reply = member.send("POST /api/tasks/{task_id}/execute", task["id"])

    assert reply.status_code == 202
    assert reply.json["run_id"] == reply.json["last_run"]["id"]
    # It moves when a worker claims the run, not before.
    assert (reply.json["status"], reply.json["last_run"]["status"]) == ("todo", "queued")


def test_execute_twice_is_a_conflict_that_says_why(member, task):
    member.send("POST /api/tasks/{task_id}/execute", task["id"])

    again = member.send("POST /api/tasks/{task_id}/execute", task["id"])

    assert again.status_code == 409
    assert "run" in again.json["detail"]
