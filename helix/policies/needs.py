"""When a task that others need will not bring a result by itself, so that a person has to decide about those."""

from helix.models.vocabulary import RunStatus, TaskStatus

CANCELLED, ARCHIVED, DELETED, STOPPED = "cancelled", "archived", "deleted", "stopped"


def why_no_result(status: TaskStatus, *, archived: bool, deleted: bool, last_run: RunStatus | None) -> str | None:
    """One of the words above, as part of a sentence. None for a task that may bring a result.

    Stopped: somebody cancelled its last run, and nobody has taken the task up since.
    """
    if deleted:
        return DELETED
    if status == TaskStatus.CANCELLED:
        return CANCELLED
    if archived:
        return ARCHIVED
    stopped = status in (TaskStatus.TODO, TaskStatus.REJECTED) and last_run == RunStatus.CANCELLED
    return STOPPED if stopped else None
