import pytest

ADD = """
POST /api/tasks/{task_id}/comments/
Content-Type: application/json

{
  "content": "Great work @Sierra! Can you add a pricing section?"
}
"""


@pytest.fixture
def task(demo, mia):
    return demo.task(by=mia)


def test_add_comment(member, task, mia):
    reply = member.send(ADD, task.id)

    assert reply.status_code == 201
    assert reply.json["content"] == "Great work @Sierra! Can you add a pricing section?"
    assert (reply.json["author_type"], reply.json["author_id"], reply.json["author_name"]) == ("user", mia.id, "Mia")
    assert reply.json["mentions"] == {"users": [], "agents": [5]}


def test_list_comments(member, task):
    added = member.send(ADD, task.id).json

    reply = member.send("GET /api/tasks/{task_id}/comments/", task.id)

    assert reply.status_code == 200
    assert [comment["id"] for comment in reply.json][0] == added["id"]
    assert reply.headers["X-Total-Count"] == str(len(reply.json))
