from helix.models import Skill
from helix.policies.actor import Actor
from helix.services.skills import history, links, lookup, write
from helix.services.skills.noted import record_change
from helix.transaction import transaction


def restore(actor: Actor, skill_id: int, number: int) -> Skill:
    """Let the skill say again what it said then, as a new version. Boards that are gone since stay away.

    Raises NotFound for an unknown version, Conflict when another skill has taken its name meanwhile.
    """
    lookup.require_admin(actor)
    with transaction():
        skill = lookup.locked(skill_id)
        saved = history.get_snapshot(skill_id, number)
        changes = {name: saved[name] for name in history.SNAPSHOT_FIELDS if name in saved and name != "version"}
        changes["activation_board_ids"] = links.existing_boards(saved.get("activation_board_ids", ()))
        record_change(actor, skill, write.apply_changes(actor, skill, changes), restored=number)
    return skill
