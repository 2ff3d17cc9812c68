"""After the encryption key is lost, the encrypted values can be entered again."""

from dataclasses import replace

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import select

from helix.bot import webhook
from helix.db.transaction import end_reading, transaction
from helix.extensions import db
from helix.models import Organization, Webhook
from helix.services import secrets, settings, webhooks
from helix.services.webhooks.channel import signing_secrets
from tests.support.people import as_actor

BOT, OTHER_BOT = "7000001:AAEx-a-bot-token-of-some-length", "7000002:BBEx-a-bot-token-of-some-length"


@pytest.fixture
def lose_the_key(clean_app, monkeypatch):
    def lose() -> None:
        key = Fernet.generate_key().decode()
        monkeypatch.setitem(clean_app.config, "HELIX", replace(clean_app.config["HELIX"], encryption_keys=(key,)))

    return lose


def organization() -> Organization:
    end_reading()
    return db.session.get_one(Organization, 1)


@pytest.mark.parametrize("token", [BOT, OTHER_BOT])
def test_a_bot_token_can_be_entered_again(lose_the_key, ada, token):
    settings.edit(as_actor(ada), {"telegram_bot_token": BOT})
    lose_the_key()

    settings.edit(as_actor(ada), {"telegram_bot_token": token})

    assert secrets.decrypt(organization().telegram_bot_token_encrypted) == token


def test_a_bot_token_can_be_removed(lose_the_key, ada):
    settings.edit(as_actor(ada), {"telegram_bot_token": BOT})
    lose_the_key()

    settings.edit(as_actor(ada), {"telegram_bot_token": None})

    assert organization().telegram_bot_token_encrypted is None


def test_updates_by_webhook_are_switched_off(lose_the_key, ada):
    settings.edit(as_actor(ada), {"telegram_bot_token": BOT, "telegram_enabled": True})
    with transaction():
        organization().telegram_webhook = True
    lose_the_key()

    webhook.switch_webhook(as_actor(ada), on=False)

    assert organization().telegram_webhook is False


def test_a_webhook_with_a_new_secret_signs_with_that_alone(lose_the_key, ada):
    made, _secret = webhooks.create(as_actor(ada), name="Ours", url="https://example.com/hooks", events=["*"])
    lose_the_key()

    _webhook, new = webhooks.rotate_secret(as_actor(ada), made.id)

    end_reading()
    assert signing_secrets(db.session.scalars(select(Webhook)).one()) == [new]
