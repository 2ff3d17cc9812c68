"""Agents: colleagues that a model plays."""

from helix.services.agents import remove, take_up
from helix.services.agents.cards import cards
from helix.services.agents.history import open_tasks, runs_of, titles
from helix.services.agents.lookup import Face, agents, faces, get, of_board, shown
from helix.services.agents.remove import delete
from helix.services.agents.stats import record, stats, tasks_of
from helix.services.agents.watch import watch
from helix.services.agents.write import create, edit, lift_budget
from helix.services.work.agent_status import status_of, statuses

# isort: split
# These know tasks, which know the above.


def go_on() -> None:
    """For the scheduler: finish what was begun for agents and not seen to its end."""
    take_up.go_on()
    remove.go_on()


__all__ = [
    "Face",
    "agents",
    "cards",
    "create",
    "delete",
    "edit",
    "faces",
    "get",
    "go_on",
    "lift_budget",
    "of_board",
    "open_tasks",
    "record",
    "runs_of",
    "shown",
    "stats",
    "status_of",
    "statuses",
    "tasks_of",
    "titles",
    "watch",
]
