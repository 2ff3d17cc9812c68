"""Testing a model's connection by a worker."""

from helix.extensions import db
from helix.models import AiModel
from tests.support.quick_worker import quick_worker


def demo(api, ada, name="demo"):
    body = {"provider": "demo", "model_name": name, "display_name": "Demo"}
    return api.as_(ada).post("/api/models/", json=body).json["id"]


def test_a_worker_tests_a_model_and_the_model_remembers(api, ada, clean_app):
    model_id = demo(api, ada)

    with quick_worker(clean_app):
        reply = api.as_(ada).post(f"/api/models/{model_id}/test")

    last = api.as_(ada).get(f"/api/models/{model_id}").json["last_test"]
    assert reply.status_code == 200
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
    assert api.as_(ada).get(f"/api/models/{model_id}").json["last_test"]["ok"] is False


def test_a_changed_model_counts_as_untested(api, ada, clean_app):
    model_id = demo(api, ada)
    with quick_worker(clean_app):
        api.as_(ada).post(f"/api/models/{model_id}/test")

    renamed = api.as_(ada).patch(f"/api/models/{model_id}", json={"display_name": "Demonstration"}).json
    changed = api.as_(ada).patch(f"/api/models/{model_id}", json={"model_name": "demo-slow"}).json

    assert renamed["last_test"] is not None
    assert changed["last_test"] is None


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
