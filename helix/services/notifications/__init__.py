"""Notifications for people: one for each event and recipient.

`notifications.approval_needed(actor, task)` says what happened; `recipients` decides who gets it.
"""

from helix.services.notifications.create import (
    REVIEW_TYPES,
    agent_error,
    approval_event,
    approval_needed,
    assigned_to_person,
    back_in_review,
    budget,
    in_review,
    mentioned,
    moved,
    out_of_review,
    request_asked,
    request_closed,
    request_events,
    request_id_of,
    task_assigned,
    task_completed,
    telegram_off,
    tools_changed,
    webhook_off,
)

__all__ = [
    "REVIEW_TYPES",
    "agent_error",
    "approval_event",
    "approval_needed",
    "assigned_to_person",
    "back_in_review",
    "budget",
    "in_review",
    "mentioned",
    "moved",
    "out_of_review",
    "request_asked",
    "request_closed",
    "request_events",
    "request_id_of",
    "task_assigned",
    "task_completed",
    "telegram_off",
    "tools_changed",
    "webhook_off",
]
