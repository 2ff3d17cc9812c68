"""The tasks of the steps of a run, and which of them its steps wait for."""

from collections.abc import Iterable
from decimal import Decimal

from sqlalchemy import insert

from helix import clock
from helix.db.write import table, write
from helix.models import TaskLink
from helix.models.vocabulary import LinkUntil
from helix.services import tasks
from helix.services.workflows import definition as definitions
from helix.services.workflows.definition import Step
from helix.text.cleaning import clean


def new_task(
    step: Step, *, step_key: str, title: str, description: str, external_key: str | None = None, blocked_count: int = 0
) -> tasks.NewTask:
    """The task of a step, for `tasks.create_many`."""
    limit = step.get("max_usd")
    return tasks.NewTask(
        title=" ".join(clean(title).split())[: definitions.LONGEST_TITLE],
        description=description,
        step_key=step_key,
        agent_id=step.get("agent_id"),
        person_id=step.get("person_id"),
        requires_approval=bool(step.get("requires_approval")),
        max_usd=None if limit is None else Decimal(str(limit)),
        external_key=external_key,
        blocked_count=blocked_count,
    )


def link(pairs: Iterable[tuple[int, int]], *, by: int | None) -> None:
    """Links (task, needed task) between tasks of a run that nobody else sees yet; none of the needed ones is done.

    `NewTask.blocked_count` has to count them.
    """
    now = clock.now()
    values = [
        {
            "task_id": task_id,
            "needs_task_id": needed_id,
            "until": LinkUntil.APPROVED,
            "met": False,
            "created_by_user_id": by,
            "created_at": now,
        }
        for task_id, needed_id in pairs
    ]
    if values:
        write(insert(table(TaskLink)), values)


def tasks_before(ordered: list[Step]) -> dict[str, set[str]]:
    """For each step, given in order, the nearest steps before it that have a task: those that its task is linked to.

    A step without a task passes on what it waits for itself.
    """
    found: dict[str, set[str]] = {}
    kinds = {step["key"]: step["kind"] for step in ordered}
    for step in ordered:
        nearest: set[str] = set()
        for need in step.get("needs") or ():
            nearest |= {need} if kinds[need] in ("agent", "person") else found[need]
        found[step["key"]] = nearest
    return found
