"""The enumerations of the product: each value that is stored, sent or shown is defined here once."""

from enum import IntEnum, StrEnum


class Role(StrEnum):
    ADMIN = "admin"
    MEMBER = "member"


class BoardLevel(IntEnum):
    """What a member may do on a board; each level includes those below it."""

    NONE = 0
    VIEW = 1
    CREATE = 2
    MANAGE = 3

    @property
    def word(self) -> str:
        return self.name.lower()

    @classmethod
    def of(cls, word: str) -> "BoardLevel":
        return cls[word.upper()]


class TaskStatus(StrEnum):
    TODO = "todo"
    IN_PROGRESS = "in_progress"
    REVIEW = "review"
    APPROVED = "approved"
    DONE = "done"
    REJECTED = "rejected"
    CANCELLED = "cancelled"


class Priority(StrEnum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    URGENT = "urgent"

    @property
    def rank(self) -> int:
        """0 for low up to 3 for urgent: what is stored, so that the database sorts by it."""
        return list(Priority).index(self)

    @classmethod
    def at(cls, rank: int) -> "Priority":
        return _BY_RANK[rank]


_BY_RANK = tuple(Priority)


class ExecutionMode(StrEnum):
    MANUAL = "manual"
    AUTO = "auto"


class AgentStatus(StrEnum):
    """Computed from other columns, never stored."""

    ONLINE = "online"
    BUSY = "busy"
    OFFLINE = "offline"
    ERROR = "error"


class RunStatus(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    # For a person's answer: it holds no worker, no reservation and no place of its agent.
    WAITING = "waiting"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_live(self) -> bool:
        """Whether the run waits for a worker or a person, or is with a worker."""
        return self in (RunStatus.QUEUED, RunStatus.RUNNING, RunStatus.WAITING)

    @property
    def waits(self) -> bool:
        """Whether there is a reason to tell why it does not run now (services/work/waiting_reasons.py)."""
        return self in (RunStatus.QUEUED, RunStatus.WAITING)


class Trigger(StrEnum):
    """Why a run was started."""

    MANUAL = "manual"
    AUTO = "auto"
    MENTION = "mention"
    REJECT = "reject"
    RETRY = "retry"


class FailureReason(StrEnum):
    """Why a run failed. The texts for people are in helix/policies/failures.py."""

    NO_MODEL = "no_model"
    KEY_REFUSED = "key_refused"
    MODEL_UNKNOWN = "model_unknown"
    HOST_UNREACHABLE = "host_unreachable"
    RATE_LIMITED = "rate_limited"
    PROVIDER_ERROR = "provider_error"
    CONTEXT_TOO_LONG = "context_too_long"
    CONTENT_REFUSED = "content_refused"
    BUDGET_EXHAUSTED = "budget_exhausted"
    TIMED_OUT = "timed_out"
    WORKER_LOST = "worker_lost"
    NO_PROGRESS = "no_progress"
    NOT_HANDED_IN = "not_handed_in"
    INTERNAL = "internal"


class StepKind(StrEnum):
    PROMPT = "prompt"
    MODEL_CALL = "model_call"
    TOOL_CALL = "tool_call"
    TOOL_RESULT = "tool_result"
    OUTPUT = "output"
    ERROR = "error"


class AuthorType(StrEnum):
    USER = "user"
    AGENT = "agent"


class ActorType(StrEnum):
    USER = "user"
    AGENT = "agent"
    SYSTEM = "system"


class ActivationMode(StrEnum):
    """When an agent's skill becomes part of its prompt."""

    ALWAYS = "always"
    BOARD = "board"
    TAG = "tag"


class NotificationType(StrEnum):
    TASK_ASSIGNED = "task_assigned"
    TASK_COMPLETED = "task_completed"
    APPROVAL_NEEDED = "approval_needed"
    TASK_REVIEW = "task_review"
    AGENT_ERROR = "agent_error"
    MENTION = "mention"
    BUDGET = "budget"
    REQUEST = "request"


class TokenScope(StrEnum):
    READ = "read"
    WRITE = "write"


class WebhookStatus(StrEnum):
    """The state of a webhook delivery: `waiting` for the first or the next attempt."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"


class ToolSourceKind(StrEnum):
    BUILTIN = "builtin"
    MCP_HTTP = "mcp_http"
    MCP_STDIO = "mcp_stdio"


class ToolEffect(StrEnum):
    """What a tool changes. `destructive` cannot be undone."""

    READ = "read"
    WRITE = "write"
    DESTRUCTIVE = "destructive"


class ToolPolicy(StrEnum):
    """What an agent may do with a tool: nothing, call it once a person allows the call, or call it."""

    OFF = "off"
    ASK = "ask"
    ALLOW = "allow"


class ToolStatus(StrEnum):
    """`new` until an admin accepts its definition, `changed` when the server sends another, `gone` without one."""

    NEW = "new"
    ACCEPTED = "accepted"
    CHANGED = "changed"
    GONE = "gone"


class ToolCallState(StrEnum):
    """`uncertain`: the worker died during the call, and a person has to say whether it took effect."""

    PLANNED = "planned"
    WAITING = "waiting"
    APPROVED = "approved"
    STARTED = "started"
    DONE = "done"
    FAILED = "failed"
    DENIED = "denied"
    UNCERTAIN = "uncertain"
    SKIPPED = "skipped"


# A call in one of these states has its result.
ENDED_CALLS = (ToolCallState.DONE, ToolCallState.FAILED, ToolCallState.DENIED, ToolCallState.SKIPPED)


class RequestKind(StrEnum):
    """What a person is asked for."""

    QUESTION = "question"
    APPROVAL = "approval"
    UNCERTAIN = "uncertain"
    BUDGET = "budget"


class RequestState(StrEnum):
    OPEN = "open"
    ANSWERED = "answered"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


class AnswerScope(StrEnum):
    """How far permission to call a tool reaches."""

    ONCE = "once"
    RUN = "run"
    ALWAYS = "always"


class TaskOrigin(StrEnum):
    """What created a task."""

    MANUAL = "manual"
    SCHEDULE = "schedule"
    WORKFLOW = "workflow"
    AGENT = "agent"
    INBOUND = "inbound"


class LinkUntil(StrEnum):
    """How far a needed task has to come: to a result (in review, approved or done), or until it is accepted."""

    SETTLED = "settled"
    APPROVED = "approved"


class Overlap(StrEnum):
    """What a schedule does at its time while the task of the time before is open."""

    SKIP = "skip"
    QUEUE = "queue"
    REPLACE = "replace"


class CatchUp(StrEnum):
    """Which of the times that passed while no scheduler was running are carried out late: of ALL, the last five."""

    NONE = "none"
    ONE = "one"
    ALL = "all"


class FiringState(StrEnum):
    CREATED = "created"
    SKIPPED = "skipped"
    FAILED = "failed"


class WorkflowState(StrEnum):
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class WorkflowStepKind(StrEnum):
    AGENT = "agent"
    PERSON = "person"
    CHOICE = "choice"
    EACH = "each"
    WAIT = "wait"


class StepState(StrEnum):
    """Of a step of a workflow's run. `not_taken`: a choice went the other way."""

    WAITING = "waiting"
    ACTIVE = "active"
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"
    NOT_TAKEN = "not_taken"
    CANCELLED = "cancelled"
