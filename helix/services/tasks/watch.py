from sqlalchemy.dialects import postgresql, sqlite

from helix.db.transaction import transaction
from helix.errors import Forbidden
from helix.extensions import db
from helix.models import Task, TaskWatch
from helix.policies import tasks as policy
from helix.policies.actor import Actor
from helix.services.work.lookup import get


def watch(actor: Actor, task_id: int, *, watching: bool) -> Task:
    """Subscribe to notifications about a task, or unsubscribe. Idempotent."""
    if actor.user_id is None:
        raise Forbidden("Only people watch tasks.")
    insert = (postgresql if db.engine.dialect.name == "postgresql" else sqlite).insert
    with transaction():
        get(actor, task_id, to=policy.may_watch)
        row = insert(TaskWatch).values(task_id=task_id, user_id=actor.user_id, watching=watching)
        chosen = row.on_conflict_do_update(index_elements=["task_id", "user_id"], set_={"watching": watching})
        db.session.execute(chosen)
    return get(actor, task_id)
