"""News that reaches people: who is told of what, and that each is told once.

`news.approval_needed(actor, task)` reads as what happened; who hears of it stands in `audience`.
"""

from helix.services.notifications.create import (
    agent_error,
    approval_event,
    approval_needed,
    budget,
    in_review,
    mentioned,
    moved,
    out_of_review,
    task_assigned,
    task_completed,
    telegram_off,
    webhook_off,
)

__all__ = [
    "agent_error",
    "approval_event",
    "approval_needed",
    "budget",
    "in_review",
    "mentioned",
    "moved",
    "out_of_review",
    "task_assigned",
    "task_completed",
    "telegram_off",
    "webhook_off",
]
