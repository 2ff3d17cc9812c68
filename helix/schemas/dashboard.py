from helix.schemas.common import Out


class AgentNumbers(Out):
    total: int
    online: int
    busy: int
    offline: int
    error: int


class TaskNumbers(Out):
    total: int
    by_status: dict[str, int]
    overdue: int
    """Past their due time, and neither approved, done nor cancelled."""


class Day(Out):
    date: str
    created: int
    completed: int


class Completion(Out):
    today: int
    this_week: int
    """From Monday."""
    this_month: int
    rate: float
    """0 to 1: the share of live tasks, without cancelled ones, that are done or approved."""
    average_minutes: float | None
    """From creation to completion, over this month's newest thousand; null without any."""
    daily: list[Day]
    """14 days in the organization's zone, today last."""


class AgentCost(Out):
    agent_id: int
    name: str
    cost_usd: float


class Costs(Out):
    this_month: float
    last_month: float
    by_agent: list[AgentCost]
    """This month's most expensive agents, at most 20."""


class DepartmentTasks(Out):
    total: int
    open: int
    done: int


class DepartmentNumbers(Out):
    id: int
    name: str
    emoji: str
    agent_count: int
    tasks: DepartmentTasks


class DashboardOut(Out):
    agents: AgentNumbers
    tasks: TaskNumbers
    completion: Completion
    costs: Costs
    departments: list[DepartmentNumbers]
