"""Tasks as cards: the contract's shape with what only a board shows, and what this person may do with each."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from helix.models import Task
from helix.models.vocabulary import TaskStatus
from helix.policies import tasks as policy
from helix.policies.actor import Actor
from helix.services import tasks
from helix.services.tasks.columns import feedback
from helix.services.work.waiting_reasons import Reasons
from helix.text import markdown

May = dict[str, bool]


def may_with(actor: Actor, task: Task | policy.TaskOwnership) -> May:
    """What the buttons of a task ask. The services decide again."""
    return {
        "edit": policy.may_edit(actor, task),
        "execute": policy.may_execute(actor, task),
        "review": policy.may_review(actor, task),
        "comment": policy.may_comment(actor, task),
        "attach": policy.may_edit(actor, task),
        "delete": policy.may_delete(actor, task),
    }


def cards(
    actor: Actor,
    found: Sequence[Task],
    known: Mapping[int, str] | None = None,
    waiting: Reasons | None = None,
) -> list[dict[str, Any]]:
    """Any number of them in a constant number of statements.

    Of `known`, what they were sent back with is not read, nor why their runs wait, where `waiting` says it.
    """
    shown, known = tasks.shown_all(actor, found, waiting), known or {}
    asked = [card["id"] for card in shown if card["status"] == TaskStatus.REJECTED and card["id"] not in known]
    sent_back = {**feedback(asked), **known}
    for card in shown:
        if card["id"] in sent_back:
            card["feedback"] = markdown.plain(sent_back[card["id"]], 200)
    return shown


def rights(actor: Actor) -> Callable[[dict[str, Any]], May]:
    """For templates: from a card to what may be done with it. On a board there are two kinds: one's own, and others."""
    known: dict[tuple[int, bool], May] = {}

    def may(card: dict[str, Any]) -> May:
        standing = policy.TaskOwnership(card["board_id"], card["created_by_user_id"])
        kind = standing.board_id, standing.created_by_user_id == actor.user_id
        if kind not in known:
            known[kind] = may_with(actor, standing)
        return known[kind]

    return may
