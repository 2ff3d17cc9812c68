"""Webhooks through the API. Delivery is tested in tests/services/webhooks."""

import pytest

from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import Activity, WebhookDelivery
from helix.services.activity import outbox
from tests.support.quick_worker import quick_worker
from tests.support.waiting import wait_for
from tests.support.webhook_receiver import WebhookReceiver

BODY = {"name": "CRM", "events": ["task.created", "comment.added"]}


@pytest.fixture
def receiver():
    outbox.forget()
    with WebhookReceiver() as receiver:
        yield receiver
    outbox.forget()


@pytest.fixture
def client(api, ada):
    return api.as_(ada)


def made(client, receiver, path="/ok", **more):
    reply = client.post("/api/webhooks", json=BODY | {"url": receiver.url + path} | more)
    assert reply.status_code == 201, reply.json
    return reply.json


def log(client, webhook):
    return client.get(f"/api/webhooks/{webhook['id']}/deliveries").json["items"]


def test_the_secret_is_shown_when_it_is_made_and_never_again(client, receiver):
    answer = made(client, receiver)
    secret = answer.pop("secret")

    again = client.get(f"/api/webhooks/{answer['id']}")
    changed = client.post(f"/api/webhooks/{answer['id']}/rotate-secret").json

    assert secret.startswith("whsec_")
    assert again.json == answer
    assert client.get("/api/webhooks").json[0]["id"] == answer["id"]
    assert changed["secret"] not in (secret, "")
    assert changed["old_secret_until"] is not None


def test_what_happens_reaches_the_address_through_the_queue(app, client, receiver, make, mia):
    webhook = made(client, receiver)

    with quick_worker(app):
        task = make.task("Write it", by=mia)
        wait_for(lambda: receiver.told)
        wait_for(lambda: log(client, webhook)[0]["status"] == "delivered")

    (line,) = log(client, webhook)
    full = client.get(f"/api/webhook-deliveries/{line['id']}").json
    assert receiver.told[0].json["data"]["task"]["id"] == task.id
    assert full["request_body"] == receiver.told[0].json
    assert full["request_headers"]["webhook-id"] == receiver.told[0].id == line["message_id"]
    assert full["request_headers"]["webhook-timestamp"] == receiver.told[0].headers["webhook-timestamp"]
    assert receiver.told[0].headers["webhook-signature"] not in str(full)
    assert client.get(f"/api/webhooks/{webhook['id']}").json["health"] == "ok"


def test_a_test_says_how_it_went_and_holds_nothing_against_the_webhook(app, client, receiver):
    off = made(client, receiver, is_active=False)
    broken = made(client, receiver, "/status/500")

    with quick_worker(app):
        good = client.post(f"/api/webhooks/{off['id']}/test").json
        bad = client.post(f"/api/webhooks/{broken['id']}/test").json

    assert (good["status"], good["response_status"], good["event"]) == ("delivered", 200, "webhook.test")
    assert (bad["status"], bad["response_status"], bad["next_attempt_at"]) == ("failed", 500, None)
    assert client.get(f"/api/webhooks/{broken['id']}").json["failures"] == 0


def test_a_test_that_no_worker_takes_says_so_and_leaves_nothing_behind(client, receiver):
    webhook = made(client, receiver)

    reply = client.post(f"/api/webhooks/{webhook['id']}/test")

    assert reply.status_code == 503
    assert log(client, webhook) == []


def test_one_and_all_failed_deliveries_are_replayed(app, client, receiver, make, mia):
    webhook = made(client, receiver)
    board = make.board()
    for number in range(3):
        make.task(f"Task {number}", by=mia, board=board)
    with transaction():
        db.session.query(WebhookDelivery).update({"status": "failed", "attempts": 9})
    one = log(client, webhook)[0]["id"]
    failed = f"/api/webhooks/{webhook['id']}/replay-failed"

    again = client.post(f"/api/webhook-deliveries/{one}/replay")
    later = client.post(failed, json={"since": "2999-01-01"})
    others = client.post(failed, json={"since": "2026-01-01T00:00:00Z"})
    with quick_worker(app):
        wait_for(lambda: len(receiver.told) == 3)
        wait_for(lambda: {line["status"] for line in log(client, webhook)} == {"delivered"})

    assert (again.json["status"], again.json["attempts"]) == ("waiting", 0)
    assert (later.json, others.json) == ({"updated": 0}, {"updated": 2})
    shown = client.get(f"/api/webhooks/{webhook['id']}/deliveries?status=failed&per_page=1").json
    assert shown["items"] == []


def test_what_is_switched_off_is_switched_on_before_it_is_replayed(client, receiver, make, mia):
    webhook = made(client, receiver)
    make.task(by=mia)
    one = log(client, webhook)[0]["id"]

    off = client.patch(f"/api/webhooks/{webhook['id']}", json={"is_active": False})
    reply = client.post(f"/api/webhook-deliveries/{one}/replay")

    assert off.json["health"] == "off"
    assert reply.status_code == 409
    assert "Switch it on first" in reply.json["detail"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("url", "ftp://example.com"),
        ("url", "https://user:pass@example.com/"),
        ("url", "http://169.254.169.254/latest"),
        ("url", "https://example.com/#here"),
        ("url", "nonsense"),
        ("events", []),
        ("events", ["task.invented"]),
        ("name", "   "),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(client, field, value):
    reply = client.post("/api/webhooks", json=BODY | {"url": "https://example.com/hooks"} | {field: value})

    assert reply.status_code == 422
    assert reply.json["detail"][0]["loc"][0] == field


def test_what_admins_do_with_webhooks_is_in_their_activity_without_the_address(client, receiver):
    webhook = made(client, receiver, "/ok?key=sesame")

    client.patch(f"/api/webhooks/{webhook['id']}", json={"events": ["*"], "name": "ERP"})
    client.delete(f"/api/webhooks/{webhook['id']}")

    found = db.session.query(Activity).filter_by(entity_type="webhook").order_by(Activity.id).all()
    assert [entry.action for entry in found] == ["webhook.created", "webhook.updated", "webhook.deleted"]
    assert found[1].details == {"fields": ["events", "name"]}
    assert all(entry.admin_only and "sesame" not in str(entry.details) for entry in found)
    assert client.get("/api/webhooks").json == []
