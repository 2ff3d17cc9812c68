"""GET /api/activity/: the feed with its filters, permitted in SQL."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import Activity, Organization
from helix.models.vocabulary import BoardLevel
from helix.policies.actor import SYSTEM, agent_actor
from helix.services import activity
from tests.support.people import as_actor


def record(actor=SYSTEM, action="task.updated", entity_type="task", entity_id=1, title="", at=None, **more):
    with transaction():
        activity.record(actor, action, entity_type, entity_id, title, **more)
        entry = db.session.scalars(select(Activity).order_by(Activity.id.desc()).limit(1)).one()
        if at:
            entry.created_at = at
    return entry.id


def found(reply):
    assert reply.status_code == 200, reply.json
    return [item["entity_title"] for item in reply.json["items"]]


def test_an_entry_says_who_did_what_to_what(api, mia, make):
    board = make.board()
    with transaction():
        db.session.query(Activity).delete()

    made = api.as_(mia).post("/api/tasks/", json={"title": "Write", "board_id": board.id})
    reply = api.as_(mia).get("/api/activity/")

    assert reply.json["items"] == [
        {
            "id": reply.json["items"][0]["id"],
            "actor_type": "user",
            "actor_id": made.json["created_by"]["id"],
            "actor_name": "Mia",
            "action": "task.created",
            "entity_type": "task",
            "entity_id": made.json["id"],
            "entity_title": "Write",
            "details": {},
            "created_at": reply.json["items"][0]["created_at"],
        }
    ]
    assert {**reply.json, "items": None} == {
        "items": None,
        "total": 1,
        "total_is_exact": True,
        "page": 1,
        "per_page": 20,
        "pages": 1,
        "cursor": None,
    }


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("entity_type=skill", ["skill"]),
        ("action=task.created", ["created"]),
        ("entity_type=task&entity_id=77", ["77"]),
        ("agent_id=5", ["about 5", "by 5"]),
        ("entity_type=nothing", []),
        ("unknown=1&action=task.created", ["created"]),
    ],
)
def test_each_filter_narrows(api, mia, query, titles):
    caller = api.as_(mia)
    with transaction():
        db.session.query(Activity).delete()
    record(title="skill", entity_type="skill", action="skill.created")
    record(title="created", action="task.created")
    record(title="77", entity_id=77)
    record(agent_actor(5, "Sierra"), title="by 5", action="comment.added", entity_type="comment")
    record(title="about 5", action="task.assigned", agent_id=5)

    assert found(caller.get(f"/api/activity/?{query}")) == titles


def test_a_person_is_found_by_what_he_did(api, mia, noah):
    mine, mia_id = api.as_(mia), mia.id
    record(as_actor(mia), title="mia's")
    record(as_actor(noah), title="noah's")

    assert found(mine.get(f"/api/activity/?user_id={mia_id}")) == ["mia's"]


def test_days_are_the_organizations_and_both_included(api, mia):
    caller = api.as_(mia)
    with transaction():
        db.session.get_one(Organization, 1).timezone = "Asia/Kuala_Lumpur"  # eight hours ahead
        db.session.query(Activity).delete()
    for title, hour in (("28 Feb", 15), ("1 Mar", 16), ("17 Mar", 15), ("18 Mar", 16)):
        day = {"28 Feb": (2, 28), "1 Mar": (2, 28), "17 Mar": (3, 17), "18 Mar": (3, 17)}[title]
        record(
            title=title,
            at=datetime(2026, *day, hour, 59, 59 if hour == 15 else 0, tzinfo=UTC).replace(
                minute=59 if hour == 15 else 0
            ),
        )

    assert found(caller.get("/api/activity/?date_from=2026-03-01&date_to=2026-03-17")) == ["17 Mar", "1 Mar"]
    assert found(caller.get("/api/activity/?date_from=2026-03-18")) == ["18 Mar"]
    assert found(caller.get("/api/activity/?date_to=2026-02-28")) == ["28 Feb"]


def test_a_closed_board_and_what_is_for_admins_stay_hidden(api, ada, mia, make):
    board = make.board()
    board_id = board.id
    make.grant(mia, board, BoardLevel.NONE)
    admin, member = api.as_(ada), api.as_(mia)
    with transaction():
        db.session.query(Activity).delete()
    record(title="on the closed board", board_id=board_id)
    record(title="for admins", admin_only=True)
    record(title="for all")

    assert found(member.get("/api/activity/")) == ["for all"]
    assert member.get("/api/activity/").json["total"] == 1
    assert found(admin.get("/api/activity/")) == ["for all", "for admins", "on the closed board"]
    assert [entry["entity_title"] for entry in member.get("/api/dashboard/activity").json] == ["for all"]


def test_pages_and_the_cursor_go_through_everything_once(api, mia):
    caller = api.as_(mia)
    with transaction():
        db.session.query(Activity).delete()
    for number in range(5):
        record(title=str(number))

    first = caller.get("/api/activity/?page=1&per_page=2")
    second = caller.get("/api/activity/?page=2&per_page=2")
    record(title="new meanwhile")
    after = caller.get(f"/api/activity/?per_page=2&cursor={first.json['cursor']}")

    assert (found(first), found(second), found(after)) == (["4", "3"], ["2", "1"], ["2", "1"])
    assert (first.json["total"], first.json["pages"]) == (5, 3)


@pytest.mark.parametrize(
    "query",
    [
        "date_from=yesterday",
        "date_from=2026-02-30",
        "date_to=0001-01-01",
        "date_to=9999-12-31",
        "date_from=5",
        "page=0",
        "per_page=201",
        "agent_id=x",
        "agent_id=99999999999999999999",
        "cursor=x",
        "action=a%00",
    ],
)
def test_what_is_no_filter_is_a_422(api, mia, query):
    assert api.as_(mia).get(f"/api/activity/?{query}").status_code == 422


def test_nobody_reads_it(api):
    assert api.get("/api/activity/").status_code == 401
    assert api.get("/api/dashboard/activity").status_code == 401


def test_the_dashboard_shows_the_newest(api, mia):
    caller = api.as_(mia)
    for number in range(25):
        record(title=str(number))

    def titles(query):
        return [entry["entity_title"] for entry in caller.get(f"/api/dashboard/activity{query}").json]

    assert titles("?limit=2") == ["24", "23"]
    assert len(titles("")) == 20
    assert [caller.get(f"/api/dashboard/activity?limit={n}").status_code for n in (0, 51, 50)] == [422, 422, 200]
