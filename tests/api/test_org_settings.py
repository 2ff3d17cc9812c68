"""Settings of the organization."""

import pytest

from helix.extensions import db
from helix.models import Activity, Organization
from helix.services import secrets

BOT_TOKEN = "123456:canary-AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"


def test_everyone_reads_the_settings(api, mia):
    reply = api.as_(mia).get("/api/org/settings")

    assert reply.status_code == 200
    assert reply.json == {
        "name": "My organization",
        "timezone": "UTC",
        "default_board_level": "create",
        "monthly_budget_usd": 50.0,
        "unknown_price_per_million_usd": 30.0,
        "retention_days": None,
        "telegram_enabled": False,
        "telegram_bot_username": None,
        "has_telegram_bot_token": False,
        "public_url": None,
        "run_timeout_seconds": 900,
        "max_run_attempts": 3,
        "stream_idle_seconds": 120,
        "mention_runs_per_hour": 30,
        "max_run_usd": 1.0,
        "password_min_length": 7,
    }


def test_the_time_zone_is_set_as_the_reference_shows(api, ada):
    reply = api.as_(ada).patch("/api/org/settings", json={"timezone": "Asia/Kuala_Lumpur"})

    assert reply.status_code == 200
    assert reply.json["timezone"] == "Asia/Kuala_Lumpur"
    assert api.as_(ada).get("/api/org/settings/").json == reply.json


def test_all_of_them_are_set_at_once(api, ada):
    body = {
        "name": "Larkmoor",
        "timezone": "Europe/Berlin",
        "default_board_level": "none",
        "monthly_budget_usd": 12.34,
        "unknown_price_per_million_usd": 0.5,
        "retention_days": 90,
        "telegram_enabled": True,
        "telegram_bot_username": "larkmoor_bot",
        "public_url": "https://helix.company.com",
        "run_timeout_seconds": 60,
        "max_run_attempts": 1,
        "stream_idle_seconds": 5,
        "mention_runs_per_hour": 0,
        "max_run_usd": 2.5,
        "password_min_length": 12,
    }

    reply = api.as_(ada).patch("/api/org/settings", json=body)

    assert reply.json == body | {"has_telegram_bot_token": False}


def test_null_means_something_for_some(api, ada):
    nullable = {"monthly_budget_usd": None, "retention_days": None, "telegram_bot_username": None, "public_url": None}

    reply = api.as_(ada).patch("/api/org/settings", json=nullable)

    assert reply.status_code == 200
    assert reply.json.items() >= nullable.items()


def test_members_and_strangers_change_nothing(api, mia):
    assert api.as_(mia).patch("/api/org/settings", json={"name": "Mine"}).status_code == 403
    assert api.patch("/api/org/settings", json={"name": "Mine"}).status_code == 401
    assert api.get("/api/org/settings").status_code == 401


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", None),
        ("timezone", "Mars/Olympus"),
        ("timezone", "localtime"),
        ("timezone", None),
        ("default_board_level", "owner"),
        ("default_board_level", 2),
        ("default_board_level", None),
        ("monthly_budget_usd", -0.01),
        ("monthly_budget_usd", 1e300),
        ("monthly_budget_usd", "NaN"),
        ("unknown_price_per_million_usd", None),
        ("unknown_price_per_million_usd", -1),
        ("max_run_usd", 0),
        ("retention_days", 0),
        ("run_timeout_seconds", 9),
        ("run_timeout_seconds", 86_401),
        ("run_timeout_seconds", None),
        ("max_run_attempts", 0),
        ("max_run_attempts", 11),
        ("stream_idle_seconds", 4),
        ("stream_idle_seconds", 3_601),
        ("stream_idle_seconds", None),
        ("mention_runs_per_hour", -1),
        ("mention_runs_per_hour", 10_001),
        ("mention_runs_per_hour", None),
        ("password_min_length", 6),
        ("password_min_length", 65),
        ("public_url", "helix.company.com"),
        ("public_url", "javascript://x/%0aalert(1)"),
        ("public_url", "https://user:secret@company.com"),
        ("public_url", "https://"),
        ("public_url", "https://company.com/helix"),
        ("telegram_bot_username", "not a bot"),
        ("telegram_bot_token", "../getMe"),
        ("telegram_enabled", "perhaps"),
        ("has_telegram_bot_token", True),
        ("colour", "red"),
    ],
)
def test_a_bad_value_is_a_422_that_names_the_field(api, ada, field, value):
    before = api.as_(ada).get("/api/org/settings").json

    reply = api.as_(ada).patch("/api/org/settings", json={field: value})

    assert reply.status_code == 422
    assert reply.json["detail"][0]["loc"][0] == field
    assert api.as_(ada).get("/api/org/settings").json == before


def test_the_bot_token_is_sealed_and_never_shown(api, ada):
    reply = api.as_(ada).patch("/api/org/settings", json={"telegram_bot_token": BOT_TOKEN})

    assert reply.json["has_telegram_bot_token"] is True
    assert "canary" not in reply.text + api.as_(ada).get("/api/org/settings").text
    sealed = db.session.get_one(Organization, 1).telegram_bot_token_encrypted
    assert "canary" not in sealed
    assert secrets.decrypt(sealed) == BOT_TOKEN


def test_an_empty_bot_token_keeps_the_present_one_and_null_takes_it_away(api, ada):
    admin = api.as_(ada)
    admin.patch("/api/org/settings", json={"telegram_bot_token": BOT_TOKEN})

    assert admin.patch("/api/org/settings", json={"telegram_bot_token": ""}).json["has_telegram_bot_token"] is True
    assert admin.patch("/api/org/settings", json={"telegram_bot_token": None}).json["has_telegram_bot_token"] is False


def test_a_bad_bot_token_is_not_repeated_in_the_answer(api, ada):
    reply = api.as_(ada).patch("/api/org/settings", json={"telegram_bot_token": "canary is / not one"})

    assert reply.status_code == 422
    assert "canary" not in reply.text


def test_what_changed_is_recorded_by_name_alone_and_only_if_it_did(api, ada):
    api.as_(ada).patch("/api/org/settings", json={"telegram_bot_token": BOT_TOKEN, "max_run_attempts": 5})
    api.as_(ada).patch("/api/org/settings", json={"max_run_attempts": 5})

    (entry,) = db.session.query(Activity).filter_by(action="settings.updated").all()
    assert entry.details == {"fields": ["max_run_attempts", "telegram_bot_token"]}


def test_a_closed_organization_hides_its_boards_from_members(api, ada, mia, make):
    make.board()

    assert len(api.as_(mia).get("/api/boards/").json) == 1
    api.as_(ada).patch("/api/org/settings", json={"default_board_level": "none"})

    assert api.as_(mia).get("/api/boards/").json == []


@pytest.mark.parametrize(("body", "status"), [("not json", 400), ("[]", 400), ("null", 400)])
def test_a_body_that_is_no_object_is_a_400(api, ada, body, status):
    reply = api.as_(ada).patch("/api/org/settings", data=body, content_type="application/json")

    assert reply.status_code == status


def test_a_body_of_another_kind_is_a_415(api, ada):
    assert api.as_(ada).patch("/api/org/settings", data={"name": "x"}).status_code == 415
