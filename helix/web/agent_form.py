"""The fields of an agent, as its dialogs have them."""

from typing import Any

from helix.services import boards, models
from helix.web.door import actor, around

NULLABLE = ("department_id", "primary_board_id", "ai_model_id", "monthly_budget_usd")
FIELDS = ("name", "role_title", *NULLABLE, "max_parallel_runs", "max_output_tokens")
WORDS = {
    "name": "Give a name of 1 to 80 letters.",
    "role_title": "At most 120 letters.",
    "monthly_budget_usd": "Give an amount in dollars, such as 25, or nothing.",
    "max_parallel_runs": "Give a whole number from 1 to 100.",
    "max_output_tokens": "Give a whole number from 64 to 200000.",
    "system_prompt": "At most 100,000 letters.",
}


def choices() -> dict[str, Any]:
    """What the selects offer: (value, label[, group])."""
    return {
        "department_choices": [(str(home.id), f"{home.emoji} {home.name}") for home in boards.departments()],
        "board_choices": [(str(board.id), board.name, board.department.name) for board in around().boards],
        "model_choices": [
            (str(model.id), model.display_name if model.is_active else f"{model.display_name} (switched off)")
            for model in models.models(actor())
        ],
    }
