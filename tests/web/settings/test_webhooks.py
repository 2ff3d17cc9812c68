"""The webhook pages of the settings."""

import re

import pytest

from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import Webhook, WebhookDelivery
from helix.services import webhooks
from helix.services.activity import outbox
from tests.support.people import as_actor
from tests.support.quick_worker import quick_worker
from tests.support.webhook_receiver import WebhookReceiver

FORM = {"name": "CRM", "url": "http://127.0.0.1:9/hooks", "events": ["task.created", "task.failed"]}


@pytest.fixture(autouse=True)
def anew():
    outbox.forget()
    yield
    outbox.forget()


@pytest.fixture
def browser(pages, ada):
    return pages.as_(ada)


def only() -> Webhook:
    return db.session.query(Webhook).populate_existing().one()


def delivery(ada, make, **fields) -> WebhookDelivery:
    webhooks.create(as_actor(ada), **FORM)
    make.task("<b>Write</b>", by=ada)
    with transaction():
        found = db.session.query(WebhookDelivery).one()
        for name, value in fields.items():
            setattr(found, name, value)
    return found


def test_one_is_made_and_its_secret_is_shown_once(browser):
    first = browser.get("/settings/webhooks")

    made = browser.send("/settings/webhooks", FORM)
    again = browser.get(f"/settings/webhooks/{only().id}")
    listed = browser.get("/settings/webhooks")

    assert "No webhooks yet" in first.text
    secret = re.search(r"whsec_[A-Za-z0-9+/=]+", made.text)[0]
    assert made.headers["Cache-Control"] == "no-store"
    assert made.headers["HX-Replace-Url"] == f"/settings/webhooks/{only().id}"
    assert secret not in again.text + listed.text
    assert "2 events" in listed.text


def test_what_is_wrong_is_said_beside_its_field_and_what_was_typed_stays(browser):
    wrong = browser.send("/settings/webhooks", {"name": "ERP", "url": "ftp://x", "events": ["task.moved"]})
    nothing = browser.send("/settings/webhooks", {"name": "ERP", "url": FORM["url"]})

    assert (wrong.status_code, nothing.status_code) == (422, 422)
    assert 'id="f-url-error"' in wrong.text
    assert 'value="ERP"' in wrong.text
    assert re.search(r'value="task.moved"[^>]* checked', wrong.text)
    assert "Choose at least one event." in nothing.text


def test_it_is_changed_switched_off_and_on_and_deleted(browser, ada):
    webhook = webhooks.create(as_actor(ada), **FORM)[0]
    base = f"/settings/webhooks/{webhook.id}"

    edited = browser.send(f"{base}/edit", FORM | {"name": "ERP", "events": ["*", "task.created"]})
    off = browser.post(f"{base}/active", {"is_active": "0"})
    was_off = only().is_active
    rotated = browser.send(f"{base}/rotate-secret")
    gone = browser.send(f"{base}/delete")

    assert "Saved ERP." in edited.text
    assert (off.status_code, off.location, was_off) == (303, base, False)
    assert "whsec_" in rotated.text
    assert gone.headers["HX-Redirect"] == "/settings/webhooks"
    assert db.session.query(Webhook).count() == 0


def test_the_log_is_narrowed_and_a_delivery_shows_what_was_sent_and_what_came_back(browser, ada, make):
    found = delivery(
        ada, make, status="failed", attempts=9, attempted_at=None, error="It answered 500.",
        response_status=500, response_body="<script>alert(1)</script>", duration_ms=12, body='{"type":"<i>"}',
    )  # fmt: skip
    base = f"/settings/webhooks/{found.webhook_id}"

    log = browser.part(f"{base}/log?status=failed")
    none = browser.part(f"{base}/log?status=delivered")
    one = browser.get(f"/settings/webhook-deliveries/{found.id}")
    plain = browser.get(f"{base}/log?status=failed")

    assert f"delivery-{found.id}" in log.text
    assert "9 attempts" in log.text
    assert "No deliveries match." in none.text
    assert "&lt;script&gt;alert(1)" in one.text
    assert "&#34;type&#34;: &#34;&lt;i&gt;&#34;" in one.text
    assert (plain.status_code, plain.location) == (303, f"{base}?status=failed")


def test_one_and_all_failed_deliveries_are_replayed(browser, ada, make):
    found = delivery(ada, make, status="failed", attempts=9)
    base = f"/settings/webhooks/{found.webhook_id}"

    one = browser.send(f"/settings/webhook-deliveries/{found.id}/replay")
    waiting = db.session.query(WebhookDelivery).populate_existing().one().status
    none = browser.send(f"{base}/replay-failed", {"hours": "24"})

    assert "The delivery will be sent again." in one.text
    assert waiting == "waiting"
    assert "Nothing failed in that time." in none.text


def test_a_test_says_how_it_went(app, browser, ada):
    with WebhookReceiver() as receiver:
        webhook = webhooks.create(as_actor(ada), **FORM | {"url": f"{receiver.url}/status/404"})[0]
        base = f"/settings/webhooks/{webhook.id}"
        nobody = browser.send(f"{base}/test")
        with quick_worker(app):
            bad = browser.send(f"{base}/test")
            browser.send(f"{base}/edit", FORM | {"url": f"{receiver.url}/ok"})
            good = browser.send(f"{base}/test")

    assert "No worker is running" in nobody.text
    assert "The test failed. It answered 404 Not Found." in bad.text
    assert "Test delivered: 200" in good.text


def test_why_it_was_switched_off_is_said_with_a_way_to_switch_it_on(browser, ada):
    webhook = webhooks.create(as_actor(ada), **FORM)[0]
    with transaction():
        found = only()
        found.is_active, found.off_reason, found.failures = False, "Its address answered 410 Gone.", 3

    shown = browser.get(f"/settings/webhooks/{webhook.id}")
    on = browser.send(f"/settings/webhooks/{webhook.id}/active", {"is_active": "1"})

    assert "Its address answered 410 Gone." in shown.text
    assert "410" not in on.text
    assert (only().is_active, only().off_reason) == (True, None)


def test_a_page_of_the_log_costs_the_same_however_long_it_is(browser, ada, make, statements):
    found = delivery(ada, make)
    base = f"/settings/webhooks/{found.webhook_id}"
    browser.get(base)

    def cost():
        with statements() as sent:
            assert browser.get(base).status_code == 200
        return len(sent)

    one = cost()
    at = found.created_at
    with transaction():
        more = {"webhook_id": found.webhook_id, "event": "task.moved", "next_at": at, "created_at": at}
        db.session.add_all(WebhookDelivery(**more) for _ in range(60))

    assert cost() == one <= 10
    assert browser.get(base).text.count('id="delivery-') == 50
