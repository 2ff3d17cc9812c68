from helix.models.comment import Comment
from helix.models.task import Task
from helix.models.vocabulary import BoardLevel
from helix.policies.actor import Actor


def may_change(actor: Actor, comment: Comment, task: Task) -> bool:
    """The author, while still allowed to see the board, or a user who manages the board."""
    level = actor.level_on(task.board_id)
    own = comment.user_id is not None and comment.user_id == actor.user_id
    return level >= BoardLevel.MANAGE or (own and level >= BoardLevel.VIEW)
