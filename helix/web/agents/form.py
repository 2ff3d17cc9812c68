"""The form of an agent: its values, choices and edit conflicts."""

from collections.abc import Mapping
from typing import Any

from helix.models import Agent
from helix.schemas.agent import NULLABLE
from helix.services import boards, models
from helix.web import edit_conflicts, forms
from helix.web.blueprint import actor, layout_context

FIELDS = ("name", "role_title", *NULLABLE, "max_parallel_runs", "max_output_tokens", "notes")
LABELS = {
    "name": "Name",
    "role_title": "Role",
    "department_id": "Department",
    "primary_board_id": "Board",
    "ai_model_id": "Model",
    "monthly_budget_usd": "Monthly budget",
    "max_parallel_runs": "Runs at a time",
    "max_output_tokens": "Longest answer (tokens)",
    "notes": "Notes",
}
CHOICES = {"department_id": "department_choices", "primary_board_id": "board_choices", "ai_model_id": "model_choices"}
MESSAGES = {
    "name": "Enter a name of 1 to 80 characters.",
    "role_title": "At most 120 characters.",
    "monthly_budget_usd": "Enter an amount in dollars, such as 25, or leave it empty.",
    "max_parallel_runs": "Enter a whole number from 1 to 100.",
    "max_output_tokens": "Enter a whole number from 64 to 200000.",
    "system_prompt": "At most 100,000 characters.",
    "notes": "At most 20,000 characters.",
    "skill_ids": "One of these skills was deleted meanwhile. Choose again.",
}


def choices() -> dict[str, Any]:
    """The options of the selects: (value, label[, group])."""
    return {
        "department_choices": [(str(home.id), f"{home.emoji} {home.name}") for home in boards.departments()],
        "board_choices": [(str(board.id), board.name, board.department.name) for board in layout_context().boards],
        "model_choices": [
            (str(model.id), model.display_name if model.is_active else f"{model.display_name} (switched off)")
            for model in models.models(actor())
        ],
    }


def current_values(agent: Agent) -> dict[str, str]:
    """The values of the form for a stored agent."""
    values = {name: getattr(agent, name) for name in FIELDS}
    budget = forms.money_value(values["monthly_budget_usd"])
    return {name: "" if v is None else str(v) for name, v in values.items()} | {"monthly_budget_usd": budget}


def conflict_context(
    agent_id: int, now: Mapping[str, str], typed: Mapping[str, str], offered: Mapping[str, Any]
) -> Any:
    """The context of an edit conflict: the stored values beside the typed ones, as display texts."""
    theirs, yours = (
        {**fields, **{name: _chosen(offered[choices], fields[name]) for name, choices in CHOICES.items()}}
        for fields in (now, typed)
    )
    return edit_conflicts.conflict_context("agent", LABELS, theirs, yours, back=f"/agents/{agent_id}")


def _chosen(choices: list[tuple[str, ...]], value: str) -> str:
    return next((choice[1] for choice in choices if choice[0] == value), "")
