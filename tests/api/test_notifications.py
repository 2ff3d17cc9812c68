"""/api/notifications: only the user's own."""

import pytest

from helix import clock
from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import Notification
from helix.models.vocabulary import NotificationType


def tell(user_id, title, *, read=False):
    with transaction():
        one = Notification(
            user_id=user_id,
            event_key=title,
            type=NotificationType.MENTION,
            title=title,
            target_type="task",
            target_id=7,
            url="/boards/1?task=7",
            read=read,
            created_at=clock.now(),
        )
        db.session.add(one)
    return one.id


@pytest.fixture
def inbox(api, mia, noah):
    """Mia's client, her three notifications (the second one is read), and one of Noah's."""
    mine, mia_id, noah_id = api.as_(mia), mia.id, noah.id
    ids = [tell(mia_id, "first"), tell(mia_id, "second", read=True), tell(mia_id, "third")]
    return mine, ids, tell(noah_id, "not yours")


def test_the_list_is_paged_newest_first_with_the_unread_count(inbox):
    mine, ids, _other = inbox

    reply = mine.get("/api/notifications/?page=1&per_page=20")

    assert [one["id"] for one in reply.json["items"]] == ids[::-1]
    assert (reply.json["total"], reply.json["pages"], reply.json["unread_count"]) == (3, 1, 2)
    assert reply.json["items"][0] == {
        "id": ids[2],
        "type": "mention",
        "title": "third",
        "message": "",
        "target_type": "task",
        "target_id": 7,
        "url": "/boards/1?task=7",
        "read": False,
        "telegram_sent": False,
        "created_at": reply.json["items"][0]["created_at"],
    }


def test_read_narrows_the_list_and_not_the_count(inbox):
    mine, ids, _other = inbox

    unread, read = mine.get("/api/notifications/?read=false").json, mine.get("/api/notifications?read=true").json

    assert [one["id"] for one in unread["items"]] == [ids[2], ids[0]]
    assert [one["id"] for one in read["items"]] == [ids[1]]
    assert (unread["total"], read["total"], read["unread_count"]) == (2, 1, 2)


def test_the_unread_count_is_as_the_reference_prints_it(inbox):
    mine, _ids, _other = inbox

    assert mine.get("/api/notifications/unread-count").json == {"unread_count": 2}


def test_one_is_marked_as_read_and_once_more_changes_nothing(inbox):
    mine, ids, _other = inbox

    replies = [mine.patch(f"/api/notifications/{ids[0]}/read") for _ in range(2)]

    assert [(reply.status_code, reply.json["id"], reply.json["read"]) for reply in replies] == [(200, ids[0], True)] * 2
    assert mine.get("/api/notifications/unread-count").json == {"unread_count": 1}


def test_all_are_marked_as_read_and_nobody_elses(api, noah, inbox):
    mine, _ids, other = inbox

    replies = [mine.post("/api/notifications/read-all").json for _ in range(2)]

    assert replies == [{"updated": 2}, {"updated": 0}]
    assert mine.get("/api/notifications/?read=false").json["items"] == []
    db.session.rollback()
    assert db.session.get_one(Notification, other).read is False


def test_anothers_does_not_exist(inbox):
    mine, _ids, other = inbox

    assert mine.patch(f"/api/notifications/{other}/read").status_code == 404
    assert mine.patch("/api/notifications/999999/read").status_code == 404
    db.session.rollback()
    assert db.session.get_one(Notification, other).read is False


def test_nobody_has_none(api):
    replies = [
        api.get("/api/notifications/"),
        api.get("/api/notifications/unread-count"),
        api.post("/api/notifications/read-all"),
        api.patch("/api/notifications/1/read"),
    ]

    assert [reply.status_code for reply in replies] == [401] * 4


def test_a_bad_filter_is_a_422(api, mia):
    assert api.as_(mia).get("/api/notifications/?read=perhaps").status_code == 422
