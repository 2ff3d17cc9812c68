from sqlalchemy import select
from sqlalchemy.orm import joinedload, undefer

from helix.extensions import db
from helix.models import Run
from helix.models.vocabulary import RunStatus, Trigger


def of_task(task_id: int, *, limit: int = 20) -> list[Run]:
    """The runs with a result, newest first, with their texts. The caller has checked access to the task."""
    query = (
        select(Run)
        .options(joinedload(Run.agent), undefer(Run.result))
        .where(Run.task_id == task_id, Run.status == RunStatus.SUCCEEDED, Run.trigger != Trigger.MENTION)
        .where(Run.result.is_not(None))
    )
    return list(db.session.scalars(query.order_by(Run.id.desc()).limit(limit)))
