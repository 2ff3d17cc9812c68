"""The zones that pages show times in: moments in the viewer's own, due days in the organization's."""

from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo

from flask import g, has_request_context

from helix.extensions import db
from helix.models import User


def viewer_zone() -> tzinfo:
    """The viewer's zone, else the organization's. Read once a request; UTC for those who are signed out."""
    actor = g.get("actor") if has_request_context() else None
    if actor is None:
        return UTC
    if "zone" not in g:
        # What stands around the page has read it already, mostly.
        user = g.around.user if "around" in g else db.session.get(User, actor.user_id)
        g.zone = ZoneInfo((user and user.timezone) or actor.zone)
    return g.zone


def due_zone() -> tzinfo:
    """A due day ends in the organization's zone, so every form and label shows the day of that zone.

    In the viewer's zone the same moment may fall on another day: a form would show one day and save another.
    """
    actor = g.get("actor") if has_request_context() else None
    return ZoneInfo(actor.zone) if actor else UTC
