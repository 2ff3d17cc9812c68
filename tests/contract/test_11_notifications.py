import pytest


@pytest.fixture
def told(demo, api, mia, noah):
    """Noah mentions Mia twice."""
    task = demo.task(by=mia)
    for words in ("first", "second"):
        made = api.as_(noah).post(f"/api/tasks/{task.id}/comments/", json={"content": f"@Mia {words}"})
        assert made.status_code == 201
    return task


def test_list_notifications(member, told):
    reply = member.send("GET /api/notifications/?page=1&per_page=20")

    assert reply.status_code == 200
    assert [one["type"] for one in reply.json["items"]] == ["mention", "mention"]
    envelope = {"total": 2, "page": 1, "per_page": 20, "pages": 1, "unread_count": 2}
    assert {key: reply.json[key] for key in envelope} == envelope


def test_list_unread_notifications(member, told):
    newest = member.send("GET /api/notifications/").json["items"][0]
    member.send("PATCH /api/notifications/{notification_id}/read", newest["id"])

    reply = member.send("GET /api/notifications/?read=false")

    assert [one["id"] == newest["id"] for one in reply.json["items"]] == [False]


def test_unread_count(member, told):
    reply = member.send("GET /api/notifications/unread-count")

    assert (reply.status_code, reply.json) == (200, {"unread_count": 2})


def test_mark_as_read(member, told):
    newest = member.send("GET /api/notifications/").json["items"][0]

    reply = member.send("PATCH /api/notifications/{notification_id}/read", newest["id"])

    assert (reply.status_code, reply.json) == (200, {**newest, "read": True})


def test_mark_all_as_read(member, told):
    reply = member.send("POST /api/notifications/read-all")

    assert (reply.status_code, reply.json) == (200, {"updated": 2})
    assert member.send("GET /api/notifications/unread-count").json == {"unread_count": 0}
