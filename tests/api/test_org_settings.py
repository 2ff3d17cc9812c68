"""Settings of the organization."""

from dataclasses import replace

import pytest

from helix import llm
from helix.extensions import db
from helix.models import Activity, Organization
from helix.services import secrets
from tests.support.quick_worker import quick_worker
from tests.support.search_server import SearchServer

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
        "web_search_provider": None,
        "web_search_url": None,
        "has_web_search_key": False,
        "web_search_key_hint": None,
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
        "web_search_provider": "searxng",
        "web_search_url": "https://search.example.com",
    }

    reply = api.as_(ada).patch("/api/org/settings", json=body)

    secrets_of_it = {"has_telegram_bot_token": False, "has_web_search_key": False, "web_search_key_hint": None}
    assert reply.json == body | secrets_of_it


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


SEARXNG = {"web_search_provider": "searxng", "web_search_url": "https://search.example.com"}


def test_the_key_of_the_search_goes_in_and_only_its_end_comes_out(api, ada):
    body = {"web_search_provider": "tavily", "web_search_key": "tvly-canary-1234"}

    reply = api.as_(ada).patch("/api/org/settings", json=body)

    assert (reply.json["has_web_search_key"], reply.json["web_search_key_hint"]) == (True, "1234")
    assert "canary" not in reply.text
    assert secrets.decrypt(db.session.get_one(Organization, 1).web_search_key_encrypted) == "tvly-canary-1234"
    entry = db.session.scalars(db.select(Activity).order_by(Activity.id.desc()).limit(1)).one()
    assert entry.details == {"fields": ["web_search_provider", "web_search_key"]}


@pytest.mark.parametrize(
    "change",
    [{"web_search_provider": "brave"}, SEARXNG, {"web_search_provider": "searxng", "web_search_url": "http://1.1.1.1"}],
)
def test_another_engine_or_address_asks_for_the_key_again(api, ada, change):
    admin = api.as_(ada)
    admin.patch("/api/org/settings", json={"web_search_provider": "tavily", "web_search_key": "tvly-canary-1234"})

    refused = admin.patch("/api/org/settings", json=change)
    accepted = admin.patch("/api/org/settings", json=change | {"web_search_key": "another-5678"})

    assert refused.status_code == 422
    assert refused.json["detail"][0]["loc"][-1] == "web_search_key"
    assert accepted.json["web_search_key_hint"] == "5678"


def test_another_address_of_searxng_asks_for_the_key_again(api, ada):
    admin = api.as_(ada)
    admin.patch("/api/org/settings", json=SEARXNG | {"web_search_key": "canary-1234"})

    refused = admin.patch("/api/org/settings", json={"web_search_url": "https://elsewhere.example"})

    assert refused.status_code == 422
    assert admin.get("/api/org/settings").json["web_search_url"] == SEARXNG["web_search_url"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"web_search_provider": "altavista"}, "web_search_provider"),
        ({"web_search_provider": "searxng"}, "web_search_url"),
        ({"web_search_provider": "brave"}, "web_search_key"),
        ({"web_search_provider": "brave", "web_search_key": "a\nb"}, "web_search_key"),
        (SEARXNG | {"web_search_url": "ftp://search.example.com"}, "web_search_url"),
        (SEARXNG | {"web_search_url": "https://user:pass@search.example.com"}, "web_search_url"),
        (SEARXNG | {"web_search_url": "https://search.example.com/?q="}, "web_search_url"),
        (SEARXNG | {"web_search_url": "http://169.254.169.254"}, "web_search_url"),
        (SEARXNG | {"web_search_url": "http://metadata.google.internal"}, "web_search_url"),
    ],
)
def test_search_settings_that_cannot_work_are_refused(api, ada, body, field):
    reply = api.as_(ada).patch("/api/org/settings", json=body)

    assert reply.status_code == 422
    assert reply.json["detail"][0]["loc"][-1] == field
    assert api.as_(ada).get("/api/org/settings").json["web_search_provider"] is None


def test_a_private_address_of_searxng_follows_the_installation(api, ada, clean_app, monkeypatch):
    body = SEARXNG | {"web_search_url": "http://10.0.0.7:8080"}
    strict = replace(clean_app.config["HELIX"], allow_private_tool_addresses=False)

    allowed = api.as_(ada).patch("/api/org/settings", json=body)
    monkeypatch.setitem(clean_app.config, "HELIX", strict)
    refused = api.as_(ada).patch("/api/org/settings", json=body)
    renamed = api.as_(ada).patch("/api/org/settings", json={"name": "Larkmoor"})

    assert (allowed.status_code, refused.status_code, renamed.status_code) == (200, 422, 200)


def test_the_search_is_tested_by_a_worker(api, ada, mia, clean_app):
    llm.preload()  # as a worker does
    with SearchServer() as server, quick_worker(clean_app):
        without = api.as_(ada).post("/api/org/web-search/test")
        api.as_(ada).patch("/api/org/settings", json=SEARXNG | {"web_search_url": server.url})
        reply = api.as_(ada).post("/api/org/web-search/test")

    assert (without.json["success"], without.json["message"]) == (False, "No search engine is entered.")
    assert reply.json["success"] is True
    assert reply.json["message"] == "SearXNG found 3 pages."
    assert api.as_(mia).post("/api/org/web-search/test").status_code == 403
