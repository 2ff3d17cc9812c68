"""AI agents: reading, managing and watching them, and their tasks, runs and statistics."""

from helix.services.agents import auto_start, write
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
from helix.services.agents.stats import open_tasks, runs_of, stats, stats_by_day, task_titles, tasks_of
from helix.services.agents.write import create, delete, edit, lift_budget, watch
from helix.services.work.agent_status import status_of, statuses


def resume_unfinished() -> None:
    """For the scheduler: finish work for agents that a process started and did not complete."""
    auto_start.resume()
    write.resume_deletions()


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
    "resume_unfinished",
    "runs_of",
    "serialize",
    "stats",
    "stats_by_day",
    "status_of",
    "statuses",
    "summaries",
    "task_titles",
    "tasks_of",
    "watch",
]
