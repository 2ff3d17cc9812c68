"""Tasks as cards: the contract's shape with what only a board shows, and what this person may do with each."""

from collections.abc import Callable, Sequence
from typing import Any

from helix.models import Task
from helix.models.vocabulary import TaskStatus
from helix.policies import tasks as policy
from helix.policies.actor import Actor
from helix.services import tasks
from helix.services.tasks.columns import feedback
from helix.text import markdown

May = dict[str, bool]


def may_with(actor: Actor, task: Task) -> May:
    """What the buttons of a task ask. The services decide again."""
    return {
        "edit": policy.may_edit(actor, task),
        "execute": policy.may_execute(actor, task),
        "review": policy.may_review(actor, task),
        "comment": policy.may_comment(actor, task),
        "attach": policy.may_edit(actor, task),
        "delete": policy.may_delete(actor, task),
    }


def cards(actor: Actor, found: Sequence[Task]) -> list[dict[str, Any]]:
    """Any number of them in a constant number of statements."""
    sent_back = feedback([task.id for task in found if task.status == TaskStatus.REJECTED])
    shown = tasks.shown_all(actor, found)
    for card in shown:
        if card["id"] in sent_back:
            card["feedback"] = markdown.plain(sent_back[card["id"]], 200)
    return shown


def rights(actor: Actor, found: Sequence[Task]) -> Callable[[dict[str, Any]], May]:
    """For templates: from a card to what may be done with it."""
    by_id = {task.id: may_with(actor, task) for task in found}
    return lambda card: by_id[card["id"]]
