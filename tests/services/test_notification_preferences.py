"""What people want to be told: by type and channel, and snoozing."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from helix import clock
from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import Delivery, Organization, User
from helix.models.vocabulary import TaskStatus
from helix.services import tasks
from helix.services.notifications import preferences
from tests.support.people import as_actor


@pytest.fixture
def assign(make, ada, mia):
    """Assigns another task to Mia each time."""
    board = make.board()
    return lambda: make.task(board=board, by=ada, assigned_user_id=mia.id)


@pytest.fixture
def telegram(mia):
    with transaction():
        organization = db.session.get_one(Organization, 1)
        organization.telegram_enabled, organization.telegram_bot_token_encrypted = True, "token"
        user = db.session.get_one(User, mia.id)
        user.telegram_notifications, user.telegram_user_id = True, "77"
    return lambda: db.session.scalars(select(Delivery).where(Delivery.user_id == mia.id)).all()


def test_a_type_that_is_off_in_the_app_is_listed_as_read(api, mia, assign):
    client = api.as_(mia)
    client.patch("/api/notifications/settings", json={"types": {"task_assigned": {"app": False}}})

    task = assign()
    tasks.edit(as_actor(mia), task.id, {"status": TaskStatus.IN_PROGRESS})

    found = client.get("/api/notifications/").json
    assert [(line["type"], line["read"]) for line in found["items"]] == [("task_assigned", True)]
    assert found["unread_count"] == 0


def test_a_type_that_is_off_in_telegram_is_not_sent_there(api, mia, assign, telegram):
    assign()
    assert len(telegram()) == 1
    changed = api.as_(mia).patch("/api/notifications/settings", json={"types": {"task_assigned": {"telegram": False}}})

    assign()

    assert len(telegram()) == 1
    assert changed.json["types"]["task_assigned"] == {"app": True, "telegram": False}
    assert changed.json["types"]["mention"] == {"app": True, "telegram": True}
    assert api.as_(mia).get("/api/notifications/").json["unread_count"] == 2


def test_a_snooze_hides_the_number_and_sends_nothing_but_loses_nothing(api, pages, mia, assign, telegram):
    client = api.as_(mia)
    pages.as_(mia).send("/profile/snooze", {"until": "hour"})

    assign()

    assert telegram() == []
    assert 'class="count"' not in pages.as_(mia).get("/notifications/count").text
    assert 'class="snoozed"' in pages.as_(mia).get("/my-tasks").text
    assert client.get("/api/notifications/").json["unread_count"] == 1
    ended = client.patch("/api/notifications/settings", json={"snoozed_until": None})
    assert ended.json["snoozed_until"] is None
    assert '<span class="count">1</span>' in pages.as_(mia).get("/notifications/count").text
    assign()
    assert len(telegram()) == 1


@pytest.mark.parametrize("days", [-1, 40])
def test_a_snooze_is_in_the_next_month(api, mia, days):
    until = (clock.now() + timedelta(days=days)).isoformat()

    reply = api.as_(mia).patch("/api/notifications/settings", json={"snoozed_until": until})

    assert reply.status_code == 422


@pytest.mark.parametrize(
    ("choice", "end"),
    [
        ("hour", datetime(2026, 12, 2, 23, 30, tzinfo=UTC)),
        ("tomorrow", datetime(2026, 12, 3, 8, 0, tzinfo=UTC)),
        ("monday", datetime(2026, 12, 7, 8, 0, tzinfo=UTC)),
        ("off", None),
    ],
)
def test_a_snooze_ends_in_the_morning_of_the_persons_zone(monkeypatch, choice, end):
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 12, 2, 22, 30, tzinfo=UTC))

    assert preferences.snooze_end(choice, "Europe/Paris") == end


def test_the_form_of_the_profile_switches_off_what_is_not_ticked(pages, mia):
    pages.as_(mia).send("/profile/notifications", {"mention.app": "1", "mention.telegram": "1", "budget.app": "1"})

    types = preferences.settings_of(as_actor(mia))["types"]
    assert types["mention"] == {"app": True, "telegram": True}
    assert types["budget"] == {"app": True, "telegram": False}
    assert types["task_completed"] == {"app": False, "telegram": False}
