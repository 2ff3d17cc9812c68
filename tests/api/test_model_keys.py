"""A model's key is bound to the address it was entered for."""

import logging

import pytest

from helix.extensions import db
from helix.models import Activity, AiModel
from helix.services import secrets
from tests.support.models import KEY, gpt


def stored(model_id):
    return db.session.get(AiModel, model_id, populate_existing=True)


def test_a_key_is_sealed_at_rest_and_never_comes_out(api, ada, model, caplog):
    caplog.set_level(logging.DEBUG)
    path = f"/api/models/{model['id']}"

    replies = [
        api.as_(ada).get(path),
        api.as_(ada).get("/api/models/"),
        api.as_(ada).patch(path, json={"display_name": "Four"}),
        api.as_(ada).patch(path, json={"api_key": KEY + "x" * 1000}),
        api.as_(ada).patch(path, json={"api_key": KEY + "é"}),
    ]

    row = stored(model["id"])
    told = db.session.query(Activity).filter_by(entity_type="model").all()
    assert (model["has_api_key"], model["key_hint"]) == (True, "9876")
    assert KEY not in row.api_key_encrypted
    assert secrets.decrypt(row.api_key_encrypted) == KEY
    assert [reply.status_code for reply in replies] == [200, 200, 200, 422, 422]
    assert not any(KEY in reply.text for reply in replies)
    assert not any(KEY in str(entry.details) + entry.entity_title for entry in told)
    assert all(entry.admin_only for entry in told)
    assert KEY not in caplog.text


def test_an_empty_key_keeps_the_old_one_and_null_removes_it(api, ada, model):
    path = f"/api/models/{model['id']}"

    kept = api.as_(ada).patch(path, json={"api_key": ""}).json
    changed = api.as_(ada).patch(path, json={"api_key": "sk-another-secret-1234"}).json
    removed = api.as_(ada).patch(path, json={"api_key": None}).json

    assert (kept["has_api_key"], kept["key_hint"]) == (True, "9876")
    assert (changed["has_api_key"], changed["key_hint"]) == (True, "1234")
    assert (removed["has_api_key"], removed["key_hint"]) == (False, None)


@pytest.mark.parametrize("change", [{"base_url": "https://evil.example/v1"}, {"base_url": None}, {"provider": "groq"}])
@pytest.mark.parametrize("key", [{}, {"api_key": ""}])
def test_a_stored_key_never_goes_to_an_address_that_it_was_not_entered_for(api, ada, model, change, key):
    path = f"/api/models/{model['id']}"

    refused = api.as_(ada).patch(path, json=change | key)
    with_key = api.as_(ada).patch(path, json=change | {"api_key": "sk-another-secret-1234"})

    assert refused.status_code == 422
    assert refused.json["detail"][0]["loc"] == ["api_key"]
    assert with_key.status_code == 200


def test_an_address_may_change_freely_where_no_key_is_stored(api, ada):
    made = api.as_(ada).post("/api/models/", json=gpt(api_key="", base_url="http://127.0.0.1:1234/v1/")).json

    changed = api.as_(ada).patch(f"/api/models/{made['id']}", json={"base_url": "http://127.0.0.1:4321/v1"})
    same = api.as_(ada).patch(f"/api/models/{made['id']}", json={"base_url": "http://127.0.0.1:4321/v1/"})

    assert made["base_url"] == "http://127.0.0.1:1234/v1"
    assert changed.json["base_url"] == same.json["base_url"] == "http://127.0.0.1:4321/v1"


@pytest.mark.parametrize(
    "base_url",
    [
        "ftp://example.com",
        "file:///etc/passwd",
        "example.com/v1",
        "https://",
        "https://user:secret@example.com",
        "https://example.com/v1?key=secret",
        "https://example.com/v1#x",
        "https://example.com:port",
        "https://exa mple.com",
        "http://169.254.169.254/latest",
        "http://[fe80::1]/v1",
        "http://[::ffff:169.254.169.254]/",
        "http://metadata.google.internal/",
        "http://0.0.0.0:80/",
        "http://[::1",
    ],
)
def test_an_address_that_must_not_be_called_is_refused(api, ada, base_url):
    reply = api.as_(ada).post("/api/models/", json=gpt(base_url=base_url))

    assert reply.status_code == 422
    assert reply.json["detail"][0]["loc"] == ["base_url"]
    assert "secret" not in reply.text


@pytest.mark.parametrize("base_url", ["http://127.0.0.1:11434", "http://localhost:11434", "http://10.0.0.5/v1"])
def test_private_addresses_are_for_installations_that_allow_them(api, ada, clean_app, monkeypatch, base_url):
    from dataclasses import replace

    allowed = api.as_(ada).post("/api/models/", json=gpt(base_url=base_url))
    closed = replace(clean_app.config["HELIX"], allow_private_model_addresses=False)
    monkeypatch.setitem(clean_app.config, "HELIX", closed)
    refused = api.as_(ada).post("/api/models/", json=gpt(base_url=base_url))

    assert (allowed.status_code, refused.status_code) == (201, 422)
