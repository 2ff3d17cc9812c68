"""Time zones of pages: timestamps use the viewer's zone, due dates the organization's."""

from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo

from flask import g, has_request_context

from helix.extensions import db
from helix.models import User


def viewer_zone() -> tzinfo:
    """The viewer's zone, else the organization's; UTC when signed out. Read once per request."""
    actor = g.get("actor") if has_request_context() else None
    if actor is None:
        return UTC
    if "zone" not in g:
        # Usually the layout has loaded the user already.
        user = g.around.user if "around" in g else db.session.get(User, actor.user_id)
        g.zone = ZoneInfo((user and user.timezone) or actor.zone)
    return g.zone


def due_zone() -> tzinfo:
    """The organization's zone, in which a due day ends.

    In the viewer's zone the same moment may be another day: a form would show one day and save another.
    """
    actor = g.get("actor") if has_request_context() else None
    return ZoneInfo(actor.zone) if actor else UTC
