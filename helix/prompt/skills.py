"""Which skills go into a prompt."""

from collections.abc import Iterable

from helix.models.vocabulary import ActivationMode
from helix.prompt.material import Skill


def active_skills(skills: Iterable[Skill], board_id: int | None, tags: Iterable[str]) -> tuple[Skill, ...]:
    """Those of the agent's skills whose mode fits the task, by name without case. Tags are compared without case."""
    folded = {tag.casefold() for tag in tags}
    fitting = (skill for skill in skills if _fits(skill, board_id, folded))
    return tuple(sorted(fitting, key=lambda skill: (skill.name.casefold(), skill.name)))


def _fits(skill: Skill, board_id: int | None, tags: set[str]) -> bool:
    match skill.activation_mode:
        case ActivationMode.ALWAYS:
            return True
        case ActivationMode.BOARD:
            return board_id is not None and board_id in skill.board_ids
        case ActivationMode.TAG:
            return any(tag.casefold() in tags for tag in skill.tags)
