from helix.models.vocabulary import BoardLevel
from helix.policies.actor import Actor
from helix.services.skills import links
from helix.services.skills.lookup import get
from helix.services.skills.places import Places
from helix.text import skill_file


def export(actor: Actor, skill_id: int) -> tuple[str, str]:
    """The name of the file and its text, which importing reads as the same skill."""
    skill = get(skill_id)
    boards = [board_id for board_id in links.board_ids(skill) if actor.level_on(board_id) >= BoardLevel.VIEW]
    places = Places() if boards else None
    activation = skill_file.Activation(
        mode=skill.activation_mode,
        boards=tuple(places.word(board_id) for board_id in boards) if places else (),
        tags=tuple(skill.activation_tags),
    )
    said = {name: getattr(skill, name) for name in ("name", "description", "version", "category", "tags", "extra")}
    text = skill_file.export(said | {"activation": activation, "content": skill.content})
    return f"{skill.slug}.md", text
