import pytest

from tests.support.quick_worker import quick_worker

CREATE = """
POST /api/models/
Content-Type: application/json

{
  "provider": "openai",
  "model_name": "gpt-4o",
  "display_name": "GPT-4o",
  "api_key": "sk-...",
  "base_url": "https://api.openai.com/v1"
}
"""


@pytest.fixture
def model(admin):
    return admin.send(CREATE).json


def test_list_models(admin, model):
    reply = admin.send("GET /api/models/")

    assert (reply.status_code, reply.json) == (200, [model])


def test_create_model(admin):
    reply = admin.send(CREATE)

    assert reply.status_code == 201
    sent = {
        "provider": "openai",
        "model_name": "gpt-4o",
        "display_name": "GPT-4o",
        "base_url": "https://api.openai.com/v1",
    }
    assert {key: reply.json[key] for key in sent} == sent
    assert (reply.json["has_api_key"], reply.json["is_default"]) == (True, True)
    assert "sk-..." not in reply.text


def test_test_model_connection(app, admin):
    body = '{"provider": "demo", "model_name": "demo"}'
    demo = admin.send(f"POST /api/models/\nContent-Type: application/json\n\n{body}").json

    with quick_worker(app):
        reply = admin.send("POST /api/models/{model_id}/test", demo["id"])

    assert (reply.status_code, reply.json["success"]) == (200, True)
    assert reply.json.keys() == {"success", "message", "latency_ms"}


def test_set_default_model(admin, model):
    second = admin.send(CREATE.replace("GPT-4o", "Another")).json

    reply = admin.send("POST /api/models/{model_id}/set-default", second["id"])

    assert (reply.status_code, reply.json["id"], reply.json["is_default"]) == (200, second["id"], True)
    assert [one["is_default"] for one in admin.send("GET /api/models/").json] == [True, False]


def test_update_model(admin, model):
    reply = admin.send(
        """
PATCH /api/models/{model_id}
Content-Type: application/json

{"display_name": "The good one"}
""",
        model["id"],
    )

    assert (reply.status_code, reply.json["display_name"]) == (200, "The good one")


def test_delete_model(admin, model):
    second = admin.send(CREATE.replace("GPT-4o", "Another")).json

    reply = admin.send("DELETE /api/models/{model_id}", second["id"])

    assert (reply.status_code, reply.data) == (204, b"")


def test_the_default_model_is_only_deleted_with_another_in_its_place(admin, model):
    second = admin.send(CREATE.replace("GPT-4o", "Another")).json

    refused = admin.send("DELETE /api/models/{model_id}", model["id"])
    replaced = admin.send(f"DELETE /api/models/{{model_id}}?replace_with={second['id']}", model["id"])

    assert (refused.status_code, replaced.status_code) == (409, 204)


def test_models_are_for_admins_only(member, model):
    assert member.send("GET /api/models/").status_code == 403
    assert member.send(CREATE).status_code == 403
