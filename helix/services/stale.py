"""Two people changed the same thing at once: the later one is told, instead of overwriting what was never seen."""

from collections.abc import Callable
from typing import Any

from helix.errors import Conflict

# Whether a locked row is still what its editor was shown.
IsUnchanged = Callable[[Any], bool]


class StaleEdit(Conflict):
    """Somebody else saved in between. Carries the thing as it is now, under the name of its noun."""

    def __init__(self, noun: str, present: dict[str, Any]) -> None:
        super().__init__(
            f"Somebody else changed this {noun} meanwhile. Look at what it says now, then save again.",
            **{noun: present},
        )
        self.present = present
