"""The outcome of a model call, and whether the result that it brings replaces the task's.

A comment needs only the right to read, and the text of a comment, an attachment or a web page can talk a model into
submitting anything. So the person who mentioned the agent has to be allowed to edit the task when the run ends.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from helix.models import Run, Task
from helix.models.vocabulary import TaskStatus
from helix.policies import tasks as policy
from helix.policies.moves import may_move
from helix.services import accounts
from helix.services.work.live_runs import live_status


@dataclass(frozen=True)
class Outcome:
    """The outcome of a model call: its text and its usage.

    `truncated`: the answer reached the limit of tokens and ends in the middle. `estimated`: the numbers of tokens are
    partly our own count. `cost_usd` is None where the price is not known; `counted_usd` is what budgets count.
    `comment` and `result` are the two halves of an answer to a mention; `result` is None when the answer brings none.
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


def why_result_is_refused(run: Run, task: Task) -> str | None:
    """Why a result of this mention run is not accepted, as a sentence; None when it is.

    An accepted result moves the task to review, so the move table must allow that from its status.
    """
    requester = accounts.actor_by_id(run.requested_by_user_id) if run.requested_by_user_id else None
    if requester is None or not policy.may_edit(requester, task):
        return "the person who asked may not edit this task."
    if task.deleted_at is not None or task.archived:
        return "the task is archived or deleted."
    if not may_move(task.status, TaskStatus.REVIEW):
        return f"a task in {task.status} cannot go to review from a comment."
    if live_status(task) is not None:
        return "an agent is working on this task."
    if task.result_edited_at and run.started_at and task.result_edited_at > run.started_at:
        return "somebody edited the result in the meantime."
    return None
