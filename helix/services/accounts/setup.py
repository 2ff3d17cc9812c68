"""The first start without anybody: a key that the server prints opens /setup, once."""

from datetime import timedelta

from sqlalchemy import delete

from helix import clock
from helix.crypto import tokens
from helix.extensions import db
from helix.models import OneTimeToken
from helix.transaction import transaction

SETUP = "setup"
LIFE = timedelta(days=30)


def new_setup_key() -> str:
    """A fresh key; the one of an earlier start is void. Only its hash is kept."""
    key, key_hash = tokens.new_token("setup-")
    now = clock.now()
    with transaction():
        db.session.execute(delete(OneTimeToken).where(OneTimeToken.purpose == SETUP))
        db.session.add(OneTimeToken(purpose=SETUP, token_hash=key_hash, expires_at=now + LIFE, created_at=now))
    return key
