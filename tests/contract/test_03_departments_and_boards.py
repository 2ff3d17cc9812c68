import pytest

from helix.models.vocabulary import BoardLevel, TaskStatus


def test_list_departments(admin, demo):
    reply = admin.send("GET /api/departments/")

    assert reply.status_code == 200
    printed = {"id": 1, "name": "Marketing", "emoji": "\ud83d\udce3".encode("utf-16", "surrogatepass").decode("utf-16")}
    assert reply.json == [{**printed, "sort_order": 1, "board_count": 3, "agent_count": 1}]


def test_list_boards(member, demo):
    reply = member.send("GET /api/boards/")

    assert reply.status_code == 200
    assert {board["id"] for board in reply.json} == {1, 3, 4}
    assert reply.json[0]["my_level"] == BoardLevel.CREATE.word
    assert reply.json[0]["task_counts"].keys() <= {status.value for status in TaskStatus}


@pytest.mark.parametrize(("department", "found"), [(1, 3), (2, 0)])
def test_list_boards_of_a_department(member, demo, department, found):
    reply = member.send(f"GET /api/boards/?department_id={department}")

    assert (reply.status_code, len(reply.json)) == (200, found)
