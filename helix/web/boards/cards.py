"""Tasks as dictionaries for cards: the fields of the API plus feedback, and the actions the viewer may take."""

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
    """Which buttons of a task are shown. The services check the permissions again."""
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
    """The tasks as dictionaries, in a constant number of statements.

    `known` (feedback by task id) and `waiting` (reasons by run id) are not queried again.
    """
    shown, known = tasks.serialize_many(actor, found, waiting), known or {}
    asked = [card["id"] for card in shown if card["status"] == TaskStatus.REJECTED and card["id"] not in known]
    sent_back = {**feedback(asked), **known}
    for card in shown:
        if card["id"] in sent_back:
            card["feedback"] = markdown.plain(sent_back[card["id"]], 200)
    return shown


def rights(actor: Actor) -> Callable[[dict[str, Any]], May]:
    """A function from card to allowed actions. They only depend on the board and on whose task it is."""
    known: dict[tuple[int, bool, bool], May] = {}

    def may(card: dict[str, Any]) -> May:
        standing = policy.TaskOwnership(card["board_id"], card["created_by_user_id"], card["assigned_user_id"])
        kind = (
            standing.board_id,
            standing.created_by_user_id == actor.user_id,
            standing.assigned_user_id == actor.user_id,
        )
        if kind not in known:
            known[kind] = may_with(actor, standing)
        return known[kind]

    return may
