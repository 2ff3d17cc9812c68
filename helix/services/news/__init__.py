"""News that reaches people: who is told of what, and that each is told once.

`news.approval_needed(actor, task)` reads as what happened; who hears of it stands in `audience`.
"""

from helix.services.news.tell import (
    agent_error,
    approval_needed,
    budget,
    in_review,
    mentioned,
    task_assigned,
    task_completed,
)

__all__ = ["agent_error", "approval_needed", "budget", "in_review", "mentioned", "task_assigned", "task_completed"]
