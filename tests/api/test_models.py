import logging

import pytest

from helix.extensions import db
from helix.models import Activity, Agent, AiModel
from helix.services import secrets
from tests.support.quick_worker import quick_worker

KEY = "sk-a-long-enough-secret-9876"


def stored(model_id):
    return db.session.get(AiModel, model_id, populate_existing=True)


def gpt(**more):
    return {"provider": "openai", "model_name": "gpt-4o", "display_name": "GPT-4o", "api_key": KEY} | more


@pytest.fixture
def model(api, ada):
    """The reference's model, made by its own request."""
    return api.as_(ada).post("/api/models/", json=gpt(base_url="https://api.openai.com/v1")).json


def test_a_model_is_made_as_the_reference_prints_it(api, ada):
    body = {
        "provider": "openai",
        "model_name": "gpt-4o",
        "display_name": "GPT-4o",
        "api_key": "sk-...",
        "base_url": "https://api.openai.com/v1",
    }

    made = api.as_(ada).post("/api/models/", json=body)

    assert made.status_code == 201
    assert made.json == {
        "id": made.json["id"],
        "provider": "openai",
        "model_name": "gpt-4o",
        "display_name": "GPT-4o",
        "base_url": "https://api.openai.com/v1",
        "has_api_key": True,
        "key_hint": None,  # four letters of so short a key would be most of it
        "context_window": None,
        "max_output_tokens": None,
        "input_cost_per_million": None,
        "output_cost_per_million": None,
        "is_default": True,
        "is_active": True,
        "last_test": None,
        "created_at": made.json["created_at"],
    }
    assert api.as_(ada).get("/api/models/").json == [made.json]
    assert api.as_(ada).get(f"/api/models/{made.json['id']}").json == made.json


def test_members_see_nothing_of_models(api, mia, model):
    path, member = f"/api/models/{model['id']}", api.as_(mia)

    replies = [
        member.get("/api/models/"),
        member.get(path),
        member.get("/api/models/999"),
        member.post("/api/models/", json=gpt()),
        member.patch(path, json={}),
        member.delete(path),
        member.post(f"{path}/test"),
        member.post(f"{path}/set-default"),
    ]

    assert [reply.status_code for reply in replies] == [403] * 8


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
    assert secrets.opened(row.api_key_encrypted) == KEY
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
def test_private_addresses_are_for_installations_that_allow_them(api, ada, house, monkeypatch, base_url):
    from dataclasses import replace

    allowed = api.as_(ada).post("/api/models/", json=gpt(base_url=base_url))
    closed = replace(house.config["HELIX"], allow_private_model_addresses=False)
    monkeypatch.setitem(house.config, "HELIX", closed)
    refused = api.as_(ada).post("/api/models/", json=gpt(base_url=base_url))

    assert (allowed.status_code, refused.status_code) == (201, 422)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"provider": "clippy"}, "provider"),
        ({"provider": "custom"}, "base_url"),
        ({"model_name": " "}, "model_name"),
        ({"context_window": 0}, "context_window"),
        ({"input_cost_per_million": -1}, "input_cost_per_million"),
        ({"is_default": True}, "is_default"),
        ({"api_key": "sk-line\nbreak"}, "api_key"),
    ],
)
def test_what_cannot_be_a_model_is_refused_by_field(api, ada, body, field):
    reply = api.as_(ada).post("/api/models/", json=gpt() | body)

    assert reply.status_code == 422
    assert reply.json["detail"][0]["loc"] == [field]


def test_the_first_model_is_the_default_until_another_is_chosen(api, ada, model):
    second = api.as_(ada).post("/api/models/", json=gpt(model_name="gpt-4o-mini", display_name="")).json

    chosen = api.as_(ada).post(f"/api/models/{second['id']}/set-default")

    assert (model["is_default"], second["is_default"]) == (True, False)
    assert second["display_name"] == "gpt-4o-mini"
    assert (chosen.status_code, chosen.json) == (200, second | {"is_default": True})
    assert [row["is_default"] for row in api.as_(ada).get("/api/models/").json] == [True, False]


def test_a_model_that_is_switched_off_cannot_become_the_default(api, ada, model):
    off = api.as_(ada).post("/api/models/", json=gpt(is_active=False)).json

    assert api.as_(ada).post(f"/api/models/{off['id']}/set-default").status_code == 409


def test_prices_and_windows_of_ones_own_are_kept(api, ada, model):
    own = {"input_cost_per_million": 0.15, "output_cost_per_million": 0.6, "context_window": 128_000}

    changed = api.as_(ada).patch(f"/api/models/{model['id']}", json=own).json
    back = api.as_(ada).patch(f"/api/models/{model['id']}", json=dict.fromkeys(own)).json

    assert {name: changed[name] for name in own} == own
    assert {name: back[name] for name in own} == dict.fromkeys(own)


def test_a_model_nobody_uses_is_deleted(api, ada, model):
    other = api.as_(ada).post("/api/models/", json=gpt()).json

    assert api.as_(ada).delete(f"/api/models/{other['id']}").status_code == 204
    assert api.as_(ada).get(f"/api/models/{other['id']}").status_code == 404


def test_the_default_and_a_model_in_use_need_a_replacement(api, ada, make, model):
    other = api.as_(ada).post("/api/models/", json=gpt(display_name="Other")).json
    agent = make.agent("Sierra", ai_model_id=other["id"])

    default = api.as_(ada).delete(f"/api/models/{model['id']}")
    used = api.as_(ada).delete(f"/api/models/{other['id']}")
    replaced = api.as_(ada).delete(f"/api/models/{other['id']}?replace_with={model['id']}")

    assert (default.status_code, used.status_code, replaced.status_code) == (409, 409, 204)
    assert "is the default" in default.json["detail"]
    assert "Sierra" in used.json["detail"]
    assert db.session.get(Agent, agent.id, populate_existing=True).ai_model_id == model["id"]


def test_the_replacement_of_the_default_becomes_it(api, ada, model):
    other = api.as_(ada).post("/api/models/", json=gpt()).json

    reply = api.as_(ada).delete(f"/api/models/{model['id']}?replace_with={other['id']}")

    assert reply.status_code == 204
    assert api.as_(ada).get(f"/api/models/{other['id']}").json["is_default"] is True


@pytest.mark.parametrize("heir", ["itself", "999", "off"])
def test_the_replacement_must_be_another_usable_model(api, ada, model, heir):
    off = api.as_(ada).post("/api/models/", json=gpt(is_active=False)).json
    heir = {"itself": model["id"], "off": off["id"]}.get(heir, heir)

    reply = api.as_(ada).delete(f"/api/models/{model['id']}?replace_with={heir}")

    assert reply.status_code == 422
    assert reply.json["detail"][0]["loc"] == ["replace_with"]


# Testing a model; what providers do wrong is tested against a real worker in tests/jobs/test_models.py


def demo(api, ada, name="demo"):
    body = {"provider": "demo", "model_name": name, "display_name": "Demo"}
    return api.as_(ada).post("/api/models/", json=body).json["id"]


def test_a_worker_tests_a_model_and_the_model_remembers(api, ada, house):
    model_id = demo(api, ada)

    with quick_worker(house):
        reply = api.as_(ada).post(f"/api/models/{model_id}/test")

    last = api.as_(ada).get(f"/api/models/{model_id}").json["last_test"]
    assert reply.status_code == 200
    assert set(reply.json) == {"success", "message", "latency_ms"}
    assert (reply.json["success"], last["ok"]) == (True, True)
    assert last["message"] == reply.json["message"]
    assert last["at"].endswith("Z")


def test_a_model_that_fails_says_why(api, ada, house):
    model_id = demo(api, ada, "demo-fail")

    with quick_worker(house):
        reply = api.as_(ada).post(f"/api/models/{model_id}/test")

    assert reply.status_code == 200
    assert reply.json["success"] is False
    assert "fails on purpose" in reply.json["message"]
    assert api.as_(ada).get(f"/api/models/{model_id}").json["last_test"]["ok"] is False


def test_a_changed_model_counts_as_untested(api, ada, house):
    model_id = demo(api, ada)
    with quick_worker(house):
        api.as_(ada).post(f"/api/models/{model_id}/test")

    renamed = api.as_(ada).patch(f"/api/models/{model_id}", json={"display_name": "Demonstration"}).json
    changed = api.as_(ada).patch(f"/api/models/{model_id}", json={"model_name": "demo-slow"}).json

    assert renamed["last_test"] is not None
    assert changed["last_test"] is None


def test_a_key_that_can_no_longer_be_opened_is_said_so(api, ada, house, model):
    from helix.transaction import transaction

    with transaction():
        db.session.get_one(AiModel, model["id"]).api_key_encrypted = "sealed under a lost key"

    with quick_worker(house):
        reply = api.as_(ada).post(f"/api/models/{model['id']}/test")

    assert reply.json["success"] is False
    assert "Enter it again" in reply.json["message"]


def test_without_a_worker_the_test_says_so_at_once(api, ada):
    reply = api.as_(ada).post(f"/api/models/{demo(api, ada)}/test")

    assert reply.status_code == 503
    assert "worker" in reply.json["detail"]


def test_an_unknown_model_is_not_found(api, ada):
    path, admin = "/api/models/999", api.as_(ada)

    replies = [
        admin.get(path),
        admin.patch(path, json={}),
        admin.delete(path),
        admin.post(f"{path}/test"),
        admin.post(f"{path}/set-default"),
    ]

    assert [reply.status_code for reply in replies] == [404] * 5
