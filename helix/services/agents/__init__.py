"""AI agents: reading, managing and watching them, and their tasks, runs and statistics."""

from helix.services.agents import auto_start, deletion
from helix.services.agents.deletion import delete, restore
from helix.services.agents.lookup import (
    NO_USABLE_MODEL,
    AgentSummary,
    agents,
    cards,
    get,
    of_board,
    serialize,
    summaries,
)
from helix.services.agents.picture import remove_avatar, set_avatar
from helix.services.agents.stats import open_tasks, runs_of, stats, stats_by_day, task_titles, tasks_of
from helix.services.agents.write import create, edit, lift_budget, watch
from helix.services.work.agent_status import status_of, statuses


def resume_unfinished() -> None:
    """For the scheduler: finish work for agents that a process started and did not complete."""
    auto_start.resume()
    deletion.resume_deletions()


__all__ = [
    "NO_USABLE_MODEL",
    "AgentSummary",
    "agents",
    "cards",
    "create",
    "delete",
    "edit",
    "get",
    "lift_budget",
    "of_board",
    "open_tasks",
    "remove_avatar",
    "restore",
    "resume_unfinished",
    "runs_of",
    "serialize",
    "set_avatar",
    "stats",
    "stats_by_day",
    "status_of",
    "statuses",
    "summaries",
    "task_titles",
    "tasks_of",
    "watch",
]
