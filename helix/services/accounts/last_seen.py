from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, select, union_all

from helix.extensions import db
from helix.models import ApiToken, BrowserSession
from helix.policies.actor import Actor
from helix.services.accounts.lookup import refuse_members


def last_seen(actor: Actor, user_ids: Collection[int]) -> dict[int, datetime]:
    """When each was here last, in a browser or by an API token. Who never was is left out. For admins."""
    refuse_members(actor)
    if not user_ids:
        return {}
    both = union_all(
        select(BrowserSession.user_id, BrowserSession.seen_at.label("at")),
        select(ApiToken.user_id, ApiToken.last_used_at).where(ApiToken.last_used_at.is_not(None)),
    ).subquery()
    query = select(both.c.user_id, func.max(both.c.at)).where(both.c.user_id.in_(user_ids)).group_by(both.c.user_id)
    return dict(db.session.execute(query).all())
