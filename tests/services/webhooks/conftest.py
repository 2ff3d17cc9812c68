import pytest

from helix.db.transaction import end_reading
from helix.extensions import db
from helix.models import Webhook, WebhookDelivery
from helix.services import webhooks
from helix.services.activity import outbox
from tests.support.people import as_actor
from tests.support.webhook_receiver import WebhookReceiver


@pytest.fixture
def receiver():
    with WebhookReceiver() as receiver:
        yield receiver


class Hooks:
    """Webhooks of Ada's at the receiver."""

    def __init__(self, receiver, ada):
        self.receiver, self.ada, self.secrets = receiver, ada, {}

    def make(self, path="/ok", *, events=("*",), url=None, **fields):
        webhook, secret = webhooks.create(
            as_actor(self.ada), name=path, url=url or self.receiver.url + path, events=list(events), **fields
        )
        self.secrets[webhook.id] = secret
        return webhook

    def webhook(self, webhook):
        end_reading()
        return db.session.get_one(Webhook, webhook.id, populate_existing=True)

    def rows(self, webhook=None):
        end_reading()
        query = db.session.query(WebhookDelivery).order_by(WebhookDelivery.id).populate_existing()
        return list(query.filter_by(webhook_id=webhook.id) if webhook else query)


@pytest.fixture
def hooks(receiver, ada):
    outbox.forget()
    yield Hooks(receiver, ada)
    outbox.forget()
