"""Registers what follows from the status changes of tasks. Imported by every process that changes tasks."""

from helix.services import delegation, tools, workflows
from helix.services.work import links, status_changes

status_changes.follow(links.tasks_changed)
status_changes.follow(workflows.tasks_changed)
status_changes.follow(delegation.tasks_changed)
tools.provide(tools.CREATE_SUBTASK, delegation.create_subtask)
