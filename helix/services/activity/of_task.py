from sqlalchemy import select

from helix.extensions import db
from helix.models import Activity
from helix.policies.actor import Actor
from helix.services import tasks


def of_task(actor: Actor, task_id: int, *, limit: int = 100) -> list[Activity]:
    """What happened to a task, newest first, if the actor sees it."""
    task = tasks.get(actor, task_id)
    query = select(Activity).where(Activity.entity_type == "task", Activity.entity_id == task.id)
    return list(db.session.scalars(query.order_by(Activity.id.desc()).limit(limit)))
