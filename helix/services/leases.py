"""Leases: of several processes that could do a job, the one that holds its lease does it."""

from datetime import timedelta

from sqlalchemy import delete, or_
from sqlalchemy.dialects import postgresql, sqlite

from helix import clock
from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import Lease

# Longer than any lease.
MAX_DURATION = timedelta(minutes=5)


def acquire(name: str, holder: str, *, seconds: float) -> bool:
    """Acquire or renew the lease. False while another process holds it.

    A lease that expires later than any lease could was written before the clock was set back, and is ignored.
    """
    now = clock.now()
    insert = (postgresql if db.engine.dialect.name == "postgresql" else sqlite).insert
    with transaction():
        new = insert(Lease).values(name=name, holder=holder, expires_at=now + timedelta(seconds=seconds))
        taken = new.on_conflict_do_update(
            index_elements=[Lease.name],
            set_={"holder": new.excluded.holder, "expires_at": new.excluded.expires_at},
            where=or_(Lease.holder == holder, Lease.expires_at < now, Lease.expires_at > now + MAX_DURATION),
        ).returning(Lease.name)
        return db.session.execute(taken).first() is not None


def release(name: str, holder: str) -> None:
    with transaction():
        db.session.execute(delete(Lease).where(Lease.name == name, Lease.holder == holder))
