"""The zone that times are shown in: the viewer's own, else the organization's."""

from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo

from flask import g, has_request_context

from helix.extensions import db
from helix.models import User


def viewers_zone() -> tzinfo:
    """Known once a request; UTC for those who are signed out."""
    actor = g.get("actor") if has_request_context() else None
    if actor is None:
        return UTC
    if "zone" not in g:
        # What stands around the page has read it already, mostly.
        user = g.around.user if "around" in g else db.session.get(User, actor.user_id)
        g.zone = ZoneInfo((user and user.timezone) or actor.zone)
    return g.zone


def viewers_zone_name() -> str:
    return str(viewers_zone())
