"""Testing a model's connection by a worker."""

from helix.extensions import db
from helix.models import AiModel
from helix.services import models
from tests.support.quick_worker import quick_worker


def demo(api, ada, name="demo"):
    body = {"provider": "demo", "model_name": name, "display_name": "Demo"}
    return api.as_(ada).post("/api/models/", json=body).json["id"]


def test_a_worker_tests_a_model_and_the_model_remembers(api, ada, clean_app):
    model_id = demo(api, ada)

    with quick_worker(clean_app):
        reply = api.as_(ada).post(f"/api/models/{model_id}/test")

    shown = api.as_(ada).get(f"/api/models/{model_id}").json
    last = shown["last_test"]
    assert reply.status_code == 200
    assert shown["supports_tools"] is True
    assert set(reply.json) == {"success", "message", "latency_ms"}
    assert (reply.json["success"], last["ok"]) == (True, True)
    assert last["message"] == reply.json["message"]
    assert last["at"].endswith("Z")


def test_a_model_that_fails_says_why(api, ada, clean_app):
    model_id = demo(api, ada, "demo-fail")

    with quick_worker(clean_app):
        reply = api.as_(ada).post(f"/api/models/{model_id}/test")

    assert reply.status_code == 200
    assert reply.json["success"] is False
    assert "fails on purpose" in reply.json["message"]
    shown = api.as_(ada).get(f"/api/models/{model_id}").json
    assert shown["last_test"]["ok"] is False
    assert shown["supports_tools"] is None


def test_a_changed_model_counts_as_untested(api, ada, clean_app):
    model_id = demo(api, ada)
    with quick_worker(clean_app):
        api.as_(ada).post(f"/api/models/{model_id}/test")

    renamed = api.as_(ada).patch(f"/api/models/{model_id}", json={"display_name": "Demonstration"}).json
    changed = api.as_(ada).patch(f"/api/models/{model_id}", json={"model_name": "demo-slow"}).json

    assert renamed["last_test"] is not None
    assert renamed["supports_tools"] is True
    assert changed["last_test"] is None
    assert changed["supports_tools"] is None


def test_a_new_key_leaves_what_is_known_of_the_tools(api, ada, clean_app):
    model_id = demo(api, ada)
    with quick_worker(clean_app):
        api.as_(ada).post(f"/api/models/{model_id}/test")

    changed = api.as_(ada).patch(f"/api/models/{model_id}", json={"api_key": "sk-a-long-enough-secret-9876"}).json

    assert changed["last_test"] is None
    assert changed["supports_tools"] is True


def test_what_is_known_of_the_tools_is_kept_when_a_test_cannot_tell(clean_app, make, monkeypatch):
    model = make.model(provider="demo", model_name="demo", supports_tools=False)
    monkeypatch.setattr("helix.llm.demo.DemoClient.check_tools", lambda *_args: None)

    outcome = models.check(model.id)

    assert outcome["success"]
    assert db.session.get_one(AiModel, model.id, populate_existing=True).supports_tools is False


def test_a_key_that_can_no_longer_be_opened_is_said_so(api, ada, clean_app, model):
    from helix.db.transaction import transaction

    with transaction():
        db.session.get_one(AiModel, model["id"]).api_key_encrypted = "sealed under a lost key"

    with quick_worker(clean_app):
        reply = api.as_(ada).post(f"/api/models/{model['id']}/test")

    assert reply.json["success"] is False
    assert "Enter it again" in reply.json["message"]


def test_without_a_worker_the_test_says_so_at_once(api, ada):
    reply = api.as_(ada).post(f"/api/models/{demo(api, ada)}/test")

    assert reply.status_code == 503
    assert "worker" in reply.json["detail"]
