from sqlalchemy import update

from helix import clock
from helix.extensions import db
from helix.models import BrowserSession
from helix.transaction import transaction


def record_session_use(session_id: int) -> None:
    """Remember when a browser session was last used, so that those that lie idle can be ended."""
    with transaction():
        db.session.execute(update(BrowserSession).where(BrowserSession.id == session_id).values(seen_at=clock.now()))
