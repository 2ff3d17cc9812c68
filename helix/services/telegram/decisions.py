"""Whether a result still waits for somebody's yes, and who decided if not."""

from sqlalchemy import select

from helix.extensions import db
from helix.models import Activity, Notification, Task
from helix.models.vocabulary import ActorType, TaskStatus
from helix.services import notifications

WORDS = {
    "task.approved": "Approved by {name}.",
    "task.rejected": "Sent back by {name}.",
    "task.completed": "Closed as done by {name}.",
    "task.cancelled": "Cancelled by {name}.",
    "task.deleted": "Deleted by {name}.",
}
MOVED = "Taken out of review by {name}."


def who_decided(notification: Notification) -> str | None:
    """The first thing that a person did to the task after this message asked for it, in words; None if nobody did."""
    query = (
        select(Activity.action, Activity.actor_name, Activity.details)
        .where(Activity.entity_type == "task", Activity.entity_id == notification.target_id)
        .where(Activity.actor_type == ActorType.USER, Activity.created_at >= notification.created_at)
        .where(Activity.action.in_([*WORDS, "task.moved"]))
        .order_by(Activity.id)
    )
    for action, name, details in db.session.execute(query):
        # A move to another board, or within one, decides nothing.
        if action in WORDS or "to_status" in details:
            return WORDS.get(action, MOVED).format(name=name)
    return None


def still_asks(notification: Notification, task: Task) -> bool:
    """The task waits in review with the very result that this message is about."""
    return task.status == TaskStatus.REVIEW and notification.event_key == notifications.approval_event(task)
