from zoneinfo import ZoneInfo

from flask import current_app

from helix import clock
from helix.extensions import db
from helix.models import Organization


def organization() -> Organization:
    """The organization's row, created when it is missing from an empty database."""
    row = db.session.get(Organization, 1)
    if row is None:
        row = Organization(id=1, name="My organization", created_at=clock.now())
        db.session.add(row)
        db.session.flush()
    return row


def zone() -> ZoneInfo:
    return ZoneInfo(organization().timezone)


def base_url() -> str:
    """The public URL of this installation, for links in messages, without a trailing slash."""
    return organization().public_url or current_app.config["HELIX"].base_url
