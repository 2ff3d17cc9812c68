from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True)
class Outcome:
    """The outcome of a model call: its text and its usage.

    `truncated`: the answer reached the limit of tokens and ends in the middle. `estimated`: the numbers of tokens are
    partly our own count.
    `cost_usd` is None where the price is not known; `counted_usd` is what budgets count. `comment` and
    `result` are the two halves of an answer to a mention; `result` is None when the task's is left alone.
    """

    text: str
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: Decimal | None = None
    counted_usd: Decimal = Decimal(0)
    model: str = ""
    comment: str = ""
    result: str | None = None
    thoughts: str = ""
    truncated: bool = False
    estimated: bool = False

    @property
    def task_text(self) -> str:
        return self.text if self.result is None else self.result


@dataclass(frozen=True)
class Call:
    """When a model was called and how long it took, for the trace."""

    started_at: datetime
    milliseconds: int
