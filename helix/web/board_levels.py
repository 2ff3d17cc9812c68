"""The words of board levels on the pages."""

from helix.errors import Invalid
from helix.models.vocabulary import BoardLevel

LEVELS = {"none": "Nothing", "view": "View", "create": "Create", "manage": "Manage"}


def level_of(word: str) -> BoardLevel | None:
    """The level of a form's select; None for its empty option, the default. Raises Invalid for another word."""
    if word and word not in LEVELS:
        raise Invalid.field("level", "Choose an option from the list.")
    return BoardLevel.of(word) if word else None


def sentence_of_default(board: str, level: BoardLevel) -> str:
    """For a toast: what people without a level of their own may do on the board."""
    if level == BoardLevel.NONE:
        return f"Only people with a level of their own see {board}."
    does = {BoardLevel.VIEW: "view", BoardLevel.CREATE: "create tasks on", BoardLevel.MANAGE: "manage"}[level]
    return f"Everybody can {does} {board}."
