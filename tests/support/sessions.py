from sqlalchemy import inspect
from sqlalchemy.exc import InvalidRequestError

from helix.extensions import db


def end_session() -> None:
    """Ends the test's database session; objects that the test still uses keep their current values."""
    for thing in list(db.session):
        if inspect(thing).expired:
            try:
                db.session.refresh(thing)
            except InvalidRequestError:
                continue  # deleted meanwhile: reading it later raises
    db.session.remove()
