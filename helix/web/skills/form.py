"""The form of a skill: its values, their conversion, and the choices of its lists."""

from collections.abc import Mapping
from typing import Any

from flask import request

from helix.models import Skill
from helix.models.vocabulary import ActivationMode
from helix.services import agents, skills
from helix.web import edit_conflicts, forms
from helix.web.blueprint import layout_context
from helix.web.forms import is_id, split_tags

TEXTS = ("name", "description", "category", "tags", "content", "version", "activation_mode", "activation_tags")
LISTS = ("activation_board_ids", "agent_ids")
MESSAGES = {
    "name": "Enter a name of 1 to 120 characters.",
    "description": "At most 2,000 characters.",
    "category": "At most 80 characters.",
    "tags": "At most 20 tags, each at most 50 characters.",
    "activation_tags": "At most 20 tags, each at most 50 characters.",
    "content": "At most 400,000 characters.",
    "version": "Enter a version such as 1.2.0.",
}
LABELS = {
    "name": "Name",
    "description": "Description",
    "category": "Category",
    "tags": "Tags",
    "activation_mode": "When it is used",
    "activation_board_ids": "Boards",
    "activation_tags": "Tags of tasks",
    "applies_to_all_agents": "All agents",
    "agent_ids": "Agents",
}
MODES = {
    ActivationMode.ALWAYS: ("In every run", "of the agents that have it"),
    ActivationMode.BOARD: ("On boards", "only in runs of tasks on the boards below"),
    ActivationMode.TAG: ("By tag", "only in runs of tasks with one of the tags below"),
}


def blank() -> dict[str, Any]:
    return dict.fromkeys(TEXTS, "") | {"activation_mode": "always", "activation_board_ids": [], "agent_ids": []}


def current_values(skill: Mapping[str, Any]) -> dict[str, Any]:
    """The values of the form for a skill. The version stays empty: it is then incremented on saving."""
    return {
        **{name: skill[name] for name in ("name", "description", "category", "content")},
        "tags": ", ".join(skill["tags"]),
        "activation_tags": ", ".join(skill["activation_tags"]),
        "activation_mode": str(skill["activation_mode"]),
        "activation_board_ids": skill["activation_board_ids"],
        "agent_ids": skill["agent_ids"],
        "applies_to_all_agents": skill["applies_to_all_agents"],
        "version": "",
    }


def posted_values() -> dict[str, Any]:
    found: dict[str, Any] = dict(forms.posted_fields(*TEXTS))
    for name in LISTS:
        found[name] = [int(text) for text in request.form.getlist(name) if is_id(text)]
    found["applies_to_all_agents"] = bool(request.form.get("applies_to_all_agents"))
    return found


def schema_values(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The form values as input for SkillIn and SkillPatch."""
    tags = {name: split_tags(fields[name]) for name in ("tags", "activation_tags") if name in fields}
    found: dict[str, Any] = dict(fields) | tags
    if not found.get("version", "").strip():
        found.pop("version", None)
    return found


def conflict_context(skill: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    """The context of an edit conflict: the stored values beside the typed ones, as display texts."""
    theirs, yours = _in_words(current_values(skill)), _in_words(fields)
    return edit_conflicts.conflict_context(
        "skill", LABELS, theirs, yours, text="content", back=f"/skills/{skill['id']}"
    )


def _in_words(fields: Mapping[str, Any]) -> dict[str, Any]:
    boards = {board.id: board.name for board in layout_context().boards}
    team = {agent.id: agent.name for agent in agents.agents(texts=False)}
    names = {"activation_board_ids": boards, "agent_ids": team}
    lists = {
        field: ", ".join(sorted(known.get(number, f"No. {number}") for number in fields[field]))
        for field, known in names.items()
    }
    words = {field: ", ".join(split_tags(fields[field])) for field in ("tags", "activation_tags")}
    mode = MODES[ActivationMode(fields["activation_mode"])][0] if fields["activation_mode"] else ""
    everyone = "Yes" if fields["applies_to_all_agents"] else "No"
    return {**fields, **lists, **words, "activation_mode": mode, "applies_to_all_agents": everyone}


def choices(skill: Skill | None) -> dict[str, Any]:
    """The choices of the form's lists."""
    return {
        "modes": [(str(mode), *words) for mode, words in MODES.items()],
        "categories": skills.categories(),
        "board_groups": layout_context().departments(),
        "team": agents.agents(texts=False),
        "present_version": skill.version if skill else None,
    }
