import pytest


@pytest.fixture
def entry(demo, mia):
    """Mia made a task."""
    return demo.task("Write a post", by=mia)


@pytest.mark.parametrize(
    "request_line",
    [
        "GET /api/activity/",
        "GET /api/activity/?entity_type=task",
        "GET /api/activity/?action=task.created",
        "GET /api/activity/?page=1&per_page=20",
    ],
)
def test_list_activity(member, entry, request_line):
    reply = member.send(request_line)

    assert reply.status_code == 200
    found = next(one for one in reply.json["items"] if one["action"] == "task.created")
    assert (found["entity_type"], found["entity_id"], found["actor_name"]) == ("task", entry.id, "Mia")
    assert (reply.json["page"], reply.json["per_page"]) == (1, 20)
    assert reply.json["total"] >= 1


def test_activity_of_an_agent(member, entry):
    reply = member.send("GET /api/activity/?agent_id=5")

    assert (reply.status_code, reply.json["items"]) == (200, [])


def test_activity_of_a_person(member, entry, mia):
    reply = member.send("GET /api/activity/?user_id=1".replace("=1", f"={mia.id}"))

    assert reply.status_code == 200
    assert {one["actor_id"] for one in reply.json["items"]} == {mia.id}


def test_activity_between_two_days(member, entry):
    reply = member.send("GET /api/activity/?date_from=2026-03-01&date_to=2026-03-17")

    assert (reply.status_code, reply.json["items"], reply.json["total"]) == (200, [], 0)


def test_activity_of_person_one(member, entry):
    reply = member.send("GET /api/activity/?user_id=1")

    assert reply.status_code == 200
