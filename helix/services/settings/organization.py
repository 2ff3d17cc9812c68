from zoneinfo import ZoneInfo

from flask import current_app

from helix import clock
from helix.extensions import db
from helix.models import Organization


def organization() -> Organization:
    """The one row. It is made by the first migration's data or by set-up; a bare database gets it here."""
    found = db.session.get(Organization, 1)
    if found is None:
        found = Organization(id=1, name="My organization", created_at=clock.now())
        db.session.add(found)
        db.session.flush()
    return found


def zone() -> ZoneInfo:
    return ZoneInfo(organization().timezone)


def base_url() -> str:
    """Where people open this installation, for links that are sent to them; without a slash at its end."""
    return organization().public_url or current_app.config["HELIX"].address
