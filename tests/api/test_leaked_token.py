"""An admin's leaked API token cannot create access that survives the token's deletion."""

import pytest

from helix.extensions import db
from helix.models import AiModel, BoardGrant, Organization, Webhook
from helix.models.vocabulary import BoardLevel
from helix.services import accounts, webhooks
from tests.support.people import as_actor

pytestmark = pytest.mark.any_database


@pytest.fixture
def by_token(api, ada):
    """The API as an integration of Ada's uses it, with a write token."""
    return api.with_token(accounts.create_api_token(as_actor(ada), name="CI")[1])


@pytest.fixture
def hook(ada):
    made, _secret = webhooks.create(
        as_actor(ada), name="CRM", url="https://crm.example.com/in", events=["task.created"]
    )
    return made.id


@pytest.mark.parametrize(
    "change",
    [
        {"public_url": "https://elsewhere.example"},
        {"telegram_bot_token": "123456:another"},
        {"telegram_bot_token": None},
        {"telegram_bot_username": "another_bot"},
        {"default_board_level": "manage"},
        {"web_search_provider": "searxng", "web_search_url": "https://elsewhere.example"},
    ],
)
def test_token_cannot_lead_people_elsewhere_by_the_settings(api, ada, by_token, change):
    begin = {"public_url": "https://helix.example", "telegram_bot_token": "1:ours", "telegram_bot_username": "ours_bot"}
    assert api.as_(ada).patch("/api/org/settings", json=begin).status_code == 200
    before = api.as_(ada).get("/api/org/settings").json

    reply = by_token.patch("/api/org/settings", json={"name": "Renamed", **change})

    assert reply.status_code == 403
    assert "API token" in reply.json["detail"]
    assert api.as_(ada).get("/api/org/settings").json == before
    assert api.as_(ada).patch("/api/org/settings", json=change).status_code == 200


def test_token_may_send_back_the_settings_that_it_read(api, ada, by_token):
    api.as_(ada).patch("/api/org/settings", json={"public_url": "https://helix.example"})
    read = by_token.get("/api/org/settings").json
    for shown_only in ("has_telegram_bot_token", "has_web_search_key", "web_search_key_hint"):
        del read[shown_only]

    reply = by_token.patch("/api/org/settings", json=read | {"retention_days": 30, "default_board_level": "none"})

    assert (reply.status_code, reply.json["retention_days"], reply.json["default_board_level"]) == (200, 30, "none")


def test_token_makes_no_webhook(by_token):
    body = {"name": "Mine", "url": "https://elsewhere.example/in", "events": ["*"]}

    assert by_token.post("/api/webhooks", json=body).status_code == 403
    assert db.session.query(Webhook).count() == 0


@pytest.mark.parametrize("change", [{"url": "https://elsewhere.example/in"}, {"events": ["*"]}])
def test_token_changes_neither_address_nor_events_of_a_webhook(api, ada, by_token, hook, change):
    before = api.as_(ada).get(f"/api/webhooks/{hook}").json

    reply = by_token.patch(f"/api/webhooks/{hook}", json={"name": "Renamed", **change})

    assert reply.status_code == 403
    assert api.as_(ada).get(f"/api/webhooks/{hook}").json == before
    assert api.as_(ada).patch(f"/api/webhooks/{hook}", json=change).status_code == 200


def test_token_renames_and_pauses_a_webhook(by_token, hook):
    same = {"url": "https://crm.example.com/in", "events": ["task.created"]}

    reply = by_token.patch(f"/api/webhooks/{hook}", json={"name": "Renamed", "is_active": False, **same})

    assert (reply.status_code, reply.json["name"], reply.json["is_active"]) == (200, "Renamed", False)


def test_token_gets_no_signing_secret_of_a_webhook(by_token, hook):
    assert by_token.post(f"/api/webhooks/{hook}/rotate-secret").status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        {"provider": "custom", "model_name": "x", "base_url": "https://elsewhere.example/v1"},
        {"provider": "openai", "model_name": "gpt-4.1", "api_key": "sk-of-somebody-else"},
    ],
)
def test_token_makes_no_model_that_sends_prompts_elsewhere(by_token, body):
    assert by_token.post("/api/models", json=body).status_code == 403
    assert db.session.query(AiModel).count() == 0


@pytest.mark.parametrize(
    "change",
    [
        {"base_url": "https://elsewhere.example/v1", "api_key": "sk-1"},
        {"provider": "openai", "api_key": "sk-1"},
        {"api_key": "sk-1"},
        {"api_key": None},
    ],
)
def test_token_does_not_change_where_a_model_sends_prompts(api, ada, by_token, make, change):
    model = make.model(provider="custom", base_url="https://ours.example/v1").id

    reply = by_token.patch(f"/api/models/{model}", json=change)

    assert reply.status_code == 403
    assert api.as_(ada).get(f"/api/models/{model}").json["base_url"] == "https://ours.example/v1"


def test_token_raises_nobodys_level_on_a_board(api, ada, by_token, make, mia):
    board = make.board()
    make.grant(mia, board, BoardLevel.VIEW)
    path = f"/api/boards/{board.id}/permissions"

    raised = by_token.put(path, json=[{"user_id": mia.id, "level": "manage"}])
    to_the_default = by_token.put(path, json=[])
    lowered = by_token.put(path, json=[{"user_id": mia.id, "level": "none"}])

    assert (raised.status_code, to_the_default.status_code, lowered.status_code) == (403, 403, 200)
    assert [grant.level for grant in db.session.query(BoardGrant)] == [BoardLevel.NONE]


@pytest.mark.parametrize(
    "address",
    [
        'https://evil.example/"><script>',
        "https://evil.example/../admin",
        "https://evil.example//reset",
        "https://evil.example\\@helix.example",
        "https://helix.example@evil.example",
        "https://:secret@evil.example",
        "https://<b>.example",
        "https://a..example",
        "https://evil.example/%2e%2e",
        "https://evil.example?",
        "https://evil.example#",
        "https://evil.example:",
        "https://evil.example:0",
        "https:/evil.example",
        "ftp://evil.example",
        "https://",
    ],
)
def test_public_address_is_a_scheme_a_host_and_a_plain_path(api, ada, address):
    reply = api.as_(ada).patch("/api/org/settings", json={"public_url": address})

    assert reply.status_code == 422
    assert reply.json["detail"][0]["loc"] == ["public_url"]
    assert db.session.get_one(Organization, 1).public_url is None


@pytest.mark.parametrize(
    "address",
    [
        "https://helix.example",
        "http://127.0.0.1:5000",
        "https://[::1]:8443",
        "https://bücher.example",
    ],
)
def test_public_address_may_be_any_of_ours(api, ada, address):
    reply = api.as_(ada).patch("/api/org/settings", json={"public_url": f"{address}/"})

    assert (reply.status_code, reply.json["public_url"]) == (200, address)
