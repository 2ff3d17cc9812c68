"""The activity log: entries are recorded in the transaction of the change, and read as a feed."""

from helix.services.activity.read import ActivityFilter, list_activity, newest, serialize
from helix.services.activity.record import record, record_agent, record_new_tasks, record_task

__all__ = [
    "ActivityFilter",
    "list_activity",
    "newest",
    "record",
    "record_agent",
    "record_new_tasks",
    "record_task",
    "serialize",
]
