from pydantic import RootModel

from helix.schemas.common import Out


class BudgetOut(Out):
    agent_id: int | None
    """Null for the organization's, which is the first."""
    name: str
    limit_usd: float | None
    """A month, in the organization's zone; null: no limit."""
    spent_usd: float
    reserved_usd: float
    """Reserved for running model calls."""
    lifted: bool
    """An admin has lifted the limit for this month."""
    is_reached: bool
    """Runs wait until it is raised or lifted, or the next month begins."""


class BudgetList(RootModel[list[BudgetOut]]):
    """The organization's first, then the agents' by name."""
