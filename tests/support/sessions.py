from sqlalchemy import inspect
from sqlalchemy.exc import InvalidRequestError

from helix.extensions import db


def end_session() -> None:
    """End the test's own session; what the test still holds in its hands keeps the values of this moment."""
    for thing in list(db.session):
        if inspect(thing).expired:
            try:
                db.session.refresh(thing)
            except InvalidRequestError:
                continue  # deleted meanwhile: a test that reads it further is told so
    db.session.remove()
