"""What a built-in tool is given, and what it returns."""

from dataclasses import dataclass, field, replace
from decimal import Decimal

from helix.models.vocabulary import BoardLevel
from helix.policies.actor import Actor

# Bytes of a result, as of other sources (`ToolSource.max_result_bytes`).
MAX_RESULT_BYTES = 65_536


@dataclass(frozen=True)
class ToolContext:
    """Who calls. Made for each call: the task may have moved to another board during the run.

    `hosts`: the only ones that web_fetch may ask; empty for all.
    """

    agent_actor: Actor
    agent_id: int
    task_id: int
    board_id: int
    run_id: int
    call_id: int
    hosts: frozenset[str] = field(default_factory=frozenset)

    @property
    def actor(self) -> Actor:
        """The agent with its rights: it sees the board of its task and nothing else."""
        return replace(self.agent_actor, grants={self.board_id: BoardLevel.VIEW})


@dataclass(frozen=True)
class ToolResult:
    """`brings_untrusted`: the text was written, or may have been, by somebody outside of the organization.

    `waits_for_task`: the call ends later, with what becomes of this task; `text` is not used.
    `cost_usd` is what the call has cost at a provider; None if nothing, or if nobody knows.
    """

    text: str
    is_error: bool = False
    brings_untrusted: bool = False
    file_id: int | None = None
    waits_for_task: int | None = None
    cost_usd: Decimal | None = None


class ToolFailed(Exception):
    """The call has failed; the message is for the model. Raised before anything is written."""
