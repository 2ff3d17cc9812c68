from helix.models.vocabulary import AgentStatus, ExecutionMode
from helix.schemas.common import Out, Paging, Query


class AgentPath(Query):
    agent_id: int


class AgentFilter(Paging):
    department_id: int | None = None
    board_id: int | None = None


class TaskTitle(Out):
    id: int
    title: str


class CurrentRun(Out):
    id: int
    task: TaskTitle


class AgentOut(Out):
    id: int
    name: str
    role_title: str
    department_id: int | None
    primary_board_id: int | None
    system_prompt: str
    execution_mode: ExecutionMode
    ai_model_id: int | None
    enabled: bool
    status: AgentStatus
    monthly_budget_usd: float | None
    spent_this_month_usd: float
    budget_paused: bool
    max_parallel_runs: int
    max_output_tokens: int
    current_run: CurrentRun | None
    created_at: str
    updated_at: str
