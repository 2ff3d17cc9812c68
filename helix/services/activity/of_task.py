from sqlalchemy import select

from helix.extensions import db
from helix.models import Activity, Task


def of_task(task: Task, *, limit: int = 100) -> list[Activity]:
    """What happened to a task that was looked up already, newest first."""
    query = select(Activity).where(Activity.entity_type == "task", Activity.entity_id == task.id)
    return list(db.session.scalars(query.order_by(Activity.id.desc()).limit(limit)))
