"""Webhook delivery over real HTTP to a local receiver, and the handling of its responses."""

import ipaddress
import socket
from dataclasses import replace
from datetime import timedelta

import pytest

from helix import clock
from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import Notification, Webhook, WebhookDelivery
from helix.models.vocabulary import TaskStatus
from helix.outgoing import network
from helix.services import comments, tasks, webhooks
from helix.services.webhooks import channel
from tests.support.people import as_actor


@pytest.fixture
def task(make, mia):
    """Made before anybody listens."""
    return make.task("Write it", by=mia)


def happens(task, by):
    tasks.edit(as_actor(by), task.id, {"title": "Read it"})


def due_again(hooks, hook):
    with transaction():
        db.session.query(WebhookDelivery).filter_by(webhook_id=hook.id).update({"next_at": clock.now()})
        db.session.get_one(Webhook, hook.id).rests_until = None


def test_an_event_is_sent_to_webhooks_that_chose_it_only(hooks, receiver, task, mia):
    hooks.make("/ok/moves", events=["task.moved"])
    hooks.make("/ok/all", events=["*"])
    hooks.make("/ok/comments", events=["comment.added", "comment.edited"])
    hooks.make("/ok/off", events=["*"], is_active=False)
    receiver.told.clear()

    tasks.edit(as_actor(mia), task.id, {"status": TaskStatus.IN_PROGRESS})
    comments.add(as_actor(mia), task.id, "Hello")
    webhooks.deliver_due()

    told = {
        path: sorted(t.json["type"] for t in receiver.told if t.path == path)
        for path in {t.path for t in receiver.told}
    }
    assert told == {
        "/ok/moves": ["task.moved"],
        "/ok/all": ["comment.added", "task.moved", "webhook.created", "webhook.created", "webhook.created"],
        "/ok/comments": ["comment.added"],
    }
    said = next(t.json for t in receiver.told if t.path == "/ok/comments")
    assert said["data"]["comment"]["content"] == "Hello"
    assert said["data"]["task"]["status"] == "in_progress"
    assert said["data"]["activity"]["actor_name"] == "Mia"


def test_a_change_that_is_rolled_back_is_never_sent(hooks, receiver, task, mia):
    hook = hooks.make(events=["task.updated"])

    def broken():
        with transaction():
            happens(task, mia)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        broken()

    assert hooks.rows(hook) == []


@pytest.mark.parametrize(
    ("path", "error", "rests"),
    [
        ("/status/500", "It answered 500 Internal Server Error.", True),
        ("/status/404", "It answered 404 Not Found.", False),
        ("/redirect", "Redirects are not followed", True),
        ("/slow", "not over within 0.3 seconds", True),
    ],
)
def test_a_failed_delivery_waits_for_its_next_attempt(hooks, receiver, task, mia, path, error, rests):
    hook = hooks.make(path, events=["task.updated"])
    happens(task, mia)

    sent = webhooks.deliver_due(timeout=0.3 if path == "/slow" else 10)

    row, hook = hooks.rows(hook)[0], hooks.webhook(hook)
    assert sent == 0
    assert len(receiver.told) == 1
    assert (row.status, row.attempts) == ("waiting", 1)
    assert error in row.error
    assert row.next_at - row.attempted_at >= timedelta(seconds=8)
    assert (hook.failures, bool(hook.rests_until)) == (1, rests)
    assert webhooks.health(hook) == "failing"


def test_a_refused_connection_is_an_error_with_a_message(hooks, task, mia):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/"
    hook = hooks.make(url=url, events=["task.updated"])
    happens(task, mia)

    webhooks.deliver_due()

    assert hooks.rows(hook)[0].error.startswith("It could not be reached")


def test_every_attempt_sends_the_same_bytes_under_the_same_id(hooks, receiver, task, mia):
    hook = hooks.make("/fail/2", events=["task.updated"])
    happens(task, mia)

    webhooks.deliver_due()
    tasks.edit(as_actor(mia), task.id, {"status": TaskStatus.DONE})
    for _ in range(2):
        due_again(hooks, hook)
        webhooks.deliver_due()

    row, hook = hooks.rows(hook)[0], hooks.webhook(hook)
    first, second, third = receiver.told
    assert first.body == second.body == third.body
    assert first.id == second.id == third.id == row.message_id
    assert (row.status, row.attempts, row.response_status, row.response_body) == ("delivered", 3, 200, "heard\ufffd")
    assert (hook.failures, hook.rests_until, hook.failing_since) == (0, None, None)


def test_two_kilobytes_of_a_huge_response_are_kept(hooks, task, mia):
    hook = hooks.make("/huge", events=["task.updated"])
    happens(task, mia)

    webhooks.deliver_due()

    row = hooks.rows(hook)[0]
    assert (row.status, row.response_body) == ("delivered", "x" * 2000)


def test_a_receiver_that_asks_to_wait_gets_nothing_until_then(hooks, task, mia):
    hook = hooks.make("/wait", events=["task.updated"])
    happens(task, mia)

    webhooks.deliver_due()

    row, hook = hooks.rows(hook)[0], hooks.webhook(hook)
    assert row.next_at - clock.now() > timedelta(minutes=59)
    assert hook.rests_until - clock.now() > timedelta(minutes=59)


def test_nothing_is_sent_to_a_paused_webhook(hooks, receiver, task, mia):
    hooks.make("/status/503", events=["task.updated"])
    happens(task, mia)
    webhooks.deliver_due()
    with transaction():
        db.session.query(Webhook).one().rests_until += timedelta(minutes=5)

    tasks.edit(as_actor(mia), task.id, {"title": "Again"})
    webhooks.deliver_due()

    assert len(receiver.told) == 1


def test_the_schedule_lasts_about_a_day_and_then_a_delivery_has_failed(hooks, task, mia):
    hook = hooks.make("/status/400", events=["task.updated"])
    happens(task, mia)

    for _ in range(channel.MOST_ATTEMPTS):
        due_again(hooks, hook)
        webhooks.deliver_due()

    assert timedelta(hours=23) < timedelta(seconds=sum(channel.WAITS)) < timedelta(hours=25)
    row = hooks.rows(hook)[0]
    assert (row.status, row.attempts) == ("failed", 9)
    assert hooks.webhook(hook).is_active


def test_410_switches_the_webhook_off_and_notifies_admins(hooks, receiver, task, mia, ada, make):
    hook = hooks.make("/gone", events=["task.updated", "task.created"])
    happens(task, mia)

    webhooks.deliver_due()
    make.task("Not told", by=mia)

    hook = hooks.webhook(hook)
    assert not hook.is_active
    assert "410" in hook.off_reason
    assert [row.status for row in hooks.rows(hook)] == ["failed"]
    told = db.session.query(Notification).filter_by(target_type="webhook").all()
    assert [(one.user_id, one.url) for one in told] == [(ada.id, f"/settings/webhooks/{hook.id}")]


def test_a_day_of_failures_switches_the_webhook_off_and_waiting_deliveries_are_kept(hooks, receiver, task, mia, ada):
    hook = hooks.make("/fail/1", events=["task.updated"])
    with transaction():
        found = db.session.get_one(Webhook, hook.id)
        found.failures, found.failing_since = channel.MOST_FAILURES - 1, clock.now() - channel.FAILING_FOR
    happens(task, mia)

    webhooks.deliver_due()
    off = hooks.webhook(hook)
    was_active, why = off.is_active, off.off_reason
    webhooks.edit(as_actor(ada), hook.id, {"is_active": True})
    due_again(hooks, hook)
    webhooks.deliver_due()

    assert not was_active
    assert why.startswith("Nothing got through for a day.")
    hook = hooks.webhook(hook)
    assert (hook.is_active, hook.off_reason, hook.failures) == (True, None, 0)
    assert [row.status for row in hooks.rows(hook)] == ["delivered"]


def test_failing_often_but_not_for_long_switches_nothing_off(hooks, task, mia):
    hook = hooks.make("/status/400", events=["task.updated"])
    with transaction():
        found = db.session.get_one(Webhook, hook.id)
        found.failures, found.failing_since = 100, clock.now() - timedelta(hours=23)
    happens(task, mia)

    webhooks.deliver_due()

    assert hooks.webhook(hook).is_active


def closed_to_private_addresses(clean_app, monkeypatch):
    monkeypatch.setitem(
        clean_app.config, "HELIX", replace(clean_app.config["HELIX"], allow_private_webhook_addresses=False)
    )


def test_a_name_that_resolves_to_a_private_address_is_refused_when_connecting(
    hooks, receiver, clean_app, task, mia, monkeypatch
):
    closed_to_private_addresses(clean_app, monkeypatch)
    answers = iter([["1.1.1.1"], ["127.0.0.1"]])
    monkeypatch.setattr(network, "resolve", lambda host, port: [ipaddress.ip_address(a) for a in next(answers)])
    network.resolve("innocent.example", 80)  # public when it is typed, private when it is called
    hook = hooks.make(url=f"http://innocent.example:{receiver.port}/ok", events=["task.updated"])
    happens(task, mia)

    webhooks.deliver_due()

    assert receiver.told == []
    assert "private addresses are not allowed" in hooks.rows(hook)[0].error


def test_a_redirect_to_a_private_address_is_not_followed(hooks, receiver, task, mia):
    hook = hooks.make("/redirect", events=["task.updated"])
    happens(task, mia)

    webhooks.deliver_due()

    assert [told.path for told in receiver.told] == ["/redirect"]
    assert hooks.rows(hook)[0].status == "waiting"


def test_long_texts_are_cut_and_listed(hooks, receiver, task, mia):
    hooks.make(events=["task.updated"])
    tasks.edit(as_actor(mia), task.id, {"description": "x" * 50_000})

    webhooks.deliver_due()

    data = receiver.told[0].json["data"]
    assert len(data["task"]["description"]) == 20_000
    assert data["cut"] == ["task.description"]


def test_a_payload_of_a_deleted_object_has_its_entry_only(hooks, receiver, task, mia):
    hooks.make(events=["task.deleted"])
    tasks.delete(as_actor(mia), task.id)

    webhooks.deliver_due()

    data = receiver.told[0].json["data"]
    assert data["task"] is None
    assert (data["activity"]["entity_id"], data["activity"]["entity_title"]) == (task.id, "Write it")
