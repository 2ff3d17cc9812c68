"""What no longer lets anybody in is not kept for ever."""

from datetime import timedelta

from sqlalchemy import delete

from helix import clock
from helix.extensions import db
from helix.models import BrowserSession, OneTimeToken
from helix.services.accounts.actors import SESSION_LIFETIME
from helix.transaction import transaction

# Long enough to see in the table why a link did not serve.
LINK_RETENTION = timedelta(days=30)


def delete_expired() -> int:
    """Delete sessions and one-time links that ended long ago. Returns how many."""
    now = clock.now()
    with transaction():
        sessions = delete(BrowserSession).where(BrowserSession.seen_at < now - SESSION_LIFETIME)
        links = delete(OneTimeToken).where(OneTimeToken.expires_at < now - LINK_RETENTION)
        gone = [
            db.session.scalars(query).all()
            for query in (sessions.returning(BrowserSession.id), links.returning(OneTimeToken.id))
        ]
    return sum(len(ids) for ids in gone)
