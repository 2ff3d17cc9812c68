"""Creating, reading, changing and replacing AI models."""

import pytest

from helix.extensions import db
from helix.models import Agent
from tests.support.models import gpt


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
        "supports_tools": None,
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
