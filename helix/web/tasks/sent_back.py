"""What is said after a result was sent back, by every page that can do it."""

from helix.models import Task
from helix.services import runs


def not_started(task: Task, *, run_again: bool) -> list[str]:
    """Why the agent does not run again, where that was asked for: a sentence or two, or nothing."""
    refused = runs.refusal(task) if run_again else None
    return ["It does not run again.", refused] if refused else []
