"""Who may answer what an agent asks: whoever reviews the task, and for money who manages the board."""

from helix.models.task import Task
from helix.models.vocabulary import ActorType, BoardLevel, RequestKind
from helix.policies import tasks
from helix.policies.actor import Actor

may_see = tasks.may_see

# What an answer to a request of this kind may decide.
DECISIONS: dict[RequestKind, tuple[str, ...]] = {
    RequestKind.QUESTION: ("answer", "deny"),
    RequestKind.APPROVAL: ("allow", "deny"),
    RequestKind.UNCERTAIN: ("answer",),
    RequestKind.BUDGET: ("allow", "deny"),
}


def may_answer(actor: Actor, task: Task | tasks.TaskOwnership, kind: RequestKind) -> bool:
    """An agent may not, even where a person with the same level could: otherwise it could allow its own calls."""
    if actor.type == ActorType.AGENT:
        return False
    if kind == RequestKind.BUDGET:
        return actor.level_on(task.board_id) >= BoardLevel.MANAGE
    return tasks.may_review(actor, task)
