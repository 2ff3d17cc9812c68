"""Notifications about a board are hidden after the user loses access to it."""

import re

import pytest
from sqlalchemy import delete

from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import BoardGrant, Notification, NotificationTally, Organization, User
from helix.models.vocabulary import BoardLevel, NotificationType, Role
from helix.services import boards, comments, notifications
from helix.services.maintenance import tallies
from tests.support.people import as_actor


@pytest.fixture
def secret(make, ada, mia):
    """A board that Mia saw while she was mentioned on it."""
    board = make.board()
    make.grant(mia, board, BoardLevel.VIEW)
    task = make.task("Merger", by=ada, board=board)
    comments.add(as_actor(ada), task.id, "@Mia the merger price is 12 million")
    return board.id, task.id


@pytest.fixture
def public(make, ada, mia):
    task = make.task("Picnic", by=ada)
    comments.add(as_actor(ada), task.id, "@Mia bring salad")
    return task.id


def close(board_id, user):
    with transaction():
        db.session.merge(BoardGrant(board_id=board_id, user_id=user.id, level=int(BoardLevel.NONE)))


def seen(client):
    """Titles, total and unread of the list, which agree with the count that stands alone."""
    found = client.get("/api/notifications/").json
    unread = client.get("/api/notifications/?read=false").json
    alone = client.get("/api/notifications/unread-count").json["unread_count"]
    assert found["unread_count"] == unread["unread_count"] == unread["total"] == alone
    assert found["total"] == len(found["items"])
    return [one["title"] for one in found["items"]], found["total"], alone


def id_of(user, word):
    db.session.rollback()
    query = db.session.query(Notification.id).filter(Notification.user_id == user.id, Notification.title.contains(word))
    return query.scalar()


def test_what_was_told_of_a_closed_board_is_neither_listed_nor_counted(api, mia, secret, public):
    mine = api.as_(mia)
    assert seen(mine) == (["Ada mentioned you in Picnic", "Ada mentioned you in Merger"], 2, 2)

    close(secret[0], mia)

    assert seen(mine) == (["Ada mentioned you in Picnic"], 1, 1)


def test_it_comes_back_with_the_right_and_as_unread_as_it_was(api, mia, secret, public):
    mine = api.as_(mia)
    close(secret[0], mia)

    marked = mine.post("/api/notifications/read-all").json
    with transaction():
        db.session.execute(delete(BoardGrant))

    assert marked == {"updated": 1}
    assert seen(mine) == (["Ada mentioned you in Picnic", "Ada mentioned you in Merger"], 2, 1)


def test_it_does_not_exist_for_who_asks_for_it_by_its_number(api, pages, mia, secret):
    hidden = id_of(mia, "Merger")
    close(secret[0], mia)

    assert api.as_(mia).patch(f"/api/notifications/{hidden}/read").status_code == 404
    assert pages.as_(mia).get(f"/inbox/items/news-{hidden}").status_code == 404
    page = pages.as_(mia).get(f"/inbox?show=notifications&item=news-{hidden}")
    assert "Merger" not in page.text
    assert "12 million" not in page.text


def test_the_organizations_level_closes_boards_as_a_grant_does(api, ada, mia, public):
    with transaction():
        db.session.get_one(Organization, 1).default_board_level = int(BoardLevel.NONE)

    assert seen(api.as_(mia)) == ([], 0, 0)


def test_a_task_takes_what_was_told_of_it_to_its_new_board(api, ada, mia, make, secret):
    closed = make.board()
    close(closed.id, mia)

    assert api.as_(ada).patch(f"/api/tasks/{secret[1]}", json={"board_id": closed.id}).status_code == 200
    assert seen(api.as_(mia)) == ([], 0, 0)

    api.as_(ada).patch(f"/api/tasks/{secret[1]}", json={"board_id": secret[0]})
    assert seen(api.as_(mia)) == (["Ada mentioned you in Merger"], 1, 1)


def test_a_deleted_board_gives_its_notifications_to_the_one_that_its_tasks_go_to(api, ada, mia, make, secret):
    closed = make.board()
    close(closed.id, mia)

    boards.delete(as_actor(ada), secret[0], move_to=closed.id)

    assert seen(api.as_(mia)) == ([], 0, 0)


def test_what_was_told_of_a_board_that_is_gone_is_for_admins(api, ada, mia, make, secret):
    with transaction():
        db.session.execute(db.text("DELETE FROM tasks"))

    boards.delete(as_actor(ada), secret[0])

    assert seen(api.as_(mia)) == ([], 0, 0)


def test_who_is_no_admin_any_more_loses_what_only_admins_are_told(api, ada, mia):
    with transaction():
        db.session.get_one(User, mia.id).role = Role.ADMIN
    notifications.webhook_off(7, "Payroll", "It failed for days.")
    assert seen(api.as_(mia)) == (["The webhook Payroll was switched off"], 1, 1)

    with transaction():
        db.session.get_one(User, mia.id).role = Role.MEMBER

    assert seen(api.as_(mia)) == ([], 0, 0)
    assert seen(api.as_(ada))[1] == 1


def test_what_is_meant_for_a_person_alone_needs_no_board(api, mia):
    notifications.telegram_off(mia, "It was blocked.")
    with transaction():
        db.session.get_one(Organization, 1).default_board_level = int(BoardLevel.NONE)

    assert seen(api.as_(mia)) == (["Telegram was switched off"], 1, 1)


def test_the_ledger_says_the_same_when_it_is_folded(api, mia, secret, public, monkeypatch):
    monkeypatch.setattr(tallies, "WORTH_FOLDING", 1)
    close(secret[0], mia)

    tallies.fold_tallies()

    assert seen(api.as_(mia)) == (["Ada mentioned you in Picnic"], 1, 1)
    db.session.rollback()
    assert {row.board_id for row in db.session.query(NotificationTally)} == {
        row.board_id for row in db.session.query(Notification)
    }


def test_the_bell_and_the_inbox_count_what_may_be_read(pages, mia, secret, public):
    close(secret[0], mia)
    mine = pages.as_(mia)

    # What waits in the inbox is not counted by the bell as well.
    assert not re.search(r">\d+<", mine.get("/notifications/count").text)
    assert ">1<" in mine.get("/inbox/count").text


def test_every_kind_names_the_right_that_it_needs(ada, mia, secret):
    notifications.budget(
        "agent:1", "Sierra", 100, "2026-11", db.session.get_one(Organization, 1).monthly_budget_usd, "/costs"
    )

    rows = db.session.query(Notification).all()

    assert {(row.type, row.board_id, row.admin_only) for row in rows} == {
        (NotificationType.MENTION, secret[0], False),
        (NotificationType.BUDGET, None, True),
    }
