"""What follows from a task's change of status, its archiving or its deletion: in the same transaction, at its end.

Links between tasks, workflows and delegated tasks each register a function for it (`follow`), because they are above
this layer. It gets the locked tasks that changed, each once, and may change further tasks.
"""

from collections.abc import Callable, Sequence

from helix.db.transaction import before_commit
from helix.models import Task

Follower = Callable[[Sequence[Task]], None]
_followers: list[Follower] = []


def follow(function: Follower) -> None:
    """Have `function` called with the tasks that changed. Registering it again has no effect."""
    if function not in _followers:
        _followers.append(function)


def changed(task: Task) -> None:
    """Note that a locked task has another status, or was archived, deleted or brought back, inside a transaction."""
    before_commit(_call_followers, task)


def _call_followers(tasks: list[Task]) -> None:
    unique = list({task.id: task for task in tasks}.values())
    for function in _followers:
        function(unique)
