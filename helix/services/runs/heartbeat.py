"""The heartbeat of a worker for the run it executes."""

from enum import StrEnum

from sqlalchemy import update

from helix import clock
from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import Run
from helix.models.vocabulary import RunStatus
from helix.services.runs.claim import Claim


class Heartbeat(StrEnum):
    HELD = "held"
    LOST = "lost"


def beat(claim: Claim) -> Heartbeat:
    """Update the heartbeat. Returns whether the run is still claimed by this worker, or why not."""
    with transaction():
        held = db.session.execute(
            update(Run)
            .where(Run.id == claim.run_id, Run.status == RunStatus.RUNNING, Run.fence == claim.fence)
            .values(heartbeat_at=clock.now())
            .returning(Run.id)
        ).first()
    return Heartbeat.HELD if held else Heartbeat.LOST
