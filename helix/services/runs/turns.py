"""A run as a conversation: the turns of the model with their calls, and what else happened between them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import func, select

from helix.clock import iso
from helix.extensions import db
from helix.models import HumanRequest, Run, RunMessage, RunStep, TaskAttachment, User
from helix.models.vocabulary import RequestKind, RequestState, StepKind
from helix.services import attachments
from helix.services.runs import calls
from helix.services.runs.calls import FoundCall
from helix.services.runs.conversation import message_of
from helix.services.work.open_requests import chain

# Characters of a step's text, such as the model's thoughts.
NOTES_LENGTH = 20_000


@dataclass(frozen=True)
class Turn:
    """One answer of the model. `number` counts from 1 within the conversation.

    `notes` are the model's thoughts, and what came before a call of it failed. `is_answer`: the run has ended with it,
    and `is_cut` that it has reached the limit of tokens. `is_estimated`: the tokens are an estimate, because the
    provider's numbers were missing or cannot be true.
    """

    number: int
    run_id: int
    text: str
    notes: str
    model: str | None
    input_tokens: int | None
    output_tokens: int | None
    cost_usd: Decimal | None
    milliseconds: int | None
    started_at: datetime | None
    calls: list[FoundCall] = field(default_factory=list)
    is_answer: bool = False
    is_cut: bool = False
    is_estimated: bool = False


@dataclass(frozen=True)
class Incident:
    """What ended or interrupted an attempt: a failure, or a worker that was stopped."""

    title: str
    text: str
    at: datetime


class Asked(NamedTuple):
    """A request to people, with who has answered it."""

    request: HumanRequest
    by: User | None


Entry = Turn | Incident | Asked


@dataclass(frozen=True)
class Attempt:
    """A run of the conversation. `entries` are in order; an `Asked` is a request that belongs to no call."""

    run: Run
    entries: list[Entry]

    @property
    def turns(self) -> list[Turn]:
        return [entry for entry in self.entries if isinstance(entry, Turn)]


@dataclass(frozen=True)
class RunConversation:
    """`attempts`: those that the run continues, then itself. `requests`: by the id of their call, oldest first.

    `successor` is the attempt that has followed. `spent_usd` is what all attempts have cost so far, `granted_usd` what
    people have allowed beyond the limit of a run.
    """

    attempts: list[Attempt]
    requests: dict[int, list[Asked]]
    has_open_requests: bool
    files: list[TaskAttachment]
    successor: Run | None
    spent_usd: Decimal
    granted_usd: Decimal

    @property
    def turns(self) -> list[Turn]:
        return [turn for attempt in self.attempts for turn in attempt.turns]


def turns_of(run: Run) -> list[Turn]:
    """The turns of a run, and of the attempts that it continues. The caller has checked access to the run."""
    attempts = [one for one in _chain(run) if one.id <= run.id]
    return [turn for attempt in _attempts(run, attempts, []) for turn in attempt.turns]


def conversation_of(run: Run) -> RunConversation:
    """Everything that is shown of a run, in a fixed number of statements. The caller has checked access to the run."""
    found = _chain(run)
    attempts = [one for one in found if one.id <= run.id]
    asked = _asked(run, attempts)
    about_run = [one for one in asked if one.request.tool_call_id is None]
    of_calls: dict[int, list[Asked]] = defaultdict(list)
    for one in asked:
        if one.request.tool_call_id is not None:
            of_calls[one.request.tool_call_id].append(one)
    allowed = [one.request for one in about_run if one.request.decision == "allow"]
    return RunConversation(
        attempts=_attempts(run, attempts, about_run),
        requests=of_calls,
        has_open_requests=any(one.request.state == RequestState.OPEN for one in asked),
        files=attachments.made_by(run.task_id, [one.id for one in attempts]) if run.tool_call_count else [],
        successor=next((one for one in found if one.id > run.id), None) or _retry_of(run),
        spent_usd=sum((one.counted_usd for one in found), Decimal(0)),
        granted_usd=sum(
            (Decimal(str((one.answer or {}).get("usd", 0))) for one in allowed if one.kind == RequestKind.BUDGET),
            Decimal(0),
        ),
    )


def serialize_turns(turns: Iterable[Turn]) -> list[dict[str, Any]]:
    """The API representation."""
    return [
        {
            "number": turn.number,
            "run_id": turn.run_id,
            "text": turn.text,
            "model": turn.model,
            "input_tokens": turn.input_tokens,
            "output_tokens": turn.output_tokens,
            "cost_usd": None if turn.cost_usd is None else float(turn.cost_usd),
            "milliseconds": turn.milliseconds,
            "started_at": iso(turn.started_at),
            "calls": calls.serialize_calls(turn.calls),
        }
        for turn in turns
    ]


def _chain(run: Run) -> list[Run]:
    """The run with the other attempts of its conversation, oldest first."""
    if run.conversation_id is None:
        return [run]
    return list(db.session.scalars(select(Run).where(chain(run.id)).order_by(Run.id)))


def _retry_of(run: Run) -> Run | None:
    """The attempt that began a conversation of its own after this one had failed."""
    return None if run.is_live else db.session.scalar(select(Run).where(Run.retry_of == run.id).limit(1))


def _asked(run: Run, attempts: Sequence[Run]) -> list[Asked]:
    if run.conversation_id is None:
        return []
    query = (
        select(HumanRequest, User)
        .outerjoin(User, User.id == HumanRequest.answered_by_user_id)
        .where(HumanRequest.run_id.in_([one.id for one in attempts]))
        .order_by(HumanRequest.id)
    )
    return [Asked(*row) for row in db.session.execute(query)]


def _attempts(run: Run, attempts: Sequence[Run], about_run: Sequence[Asked]) -> list[Attempt]:
    ids = [one.id for one in attempts]
    said: dict[int, list[tuple[int, RunMessage]]] = defaultdict(list)
    called: dict[int, list[FoundCall]] = defaultdict(list)
    if run.conversation_id is not None:
        messages = (
            select(RunMessage)
            .where(RunMessage.conversation_id == run.conversation_id, RunMessage.role == "assistant")
            .where(RunMessage.run_id.in_(ids))
            .order_by(RunMessage.number)
        )
        for place, message in enumerate(db.session.scalars(messages), 1):
            said[message.run_id].append((place, message))
        for found in calls.of_run(run):
            called[found.call.message_number].append(found)
    steps = _steps(ids)
    made, count = [], 0
    for one in attempts:
        entries: list[Entry] = list(_entries(one, run, said[one.id], called, steps[one.id], count))
        count += sum(isinstance(entry, Turn) for entry in entries)
        for asked in (asked for asked in about_run if asked.request.run_id == one.id):
            entries.insert(_place(entries, asked.request.created_at), asked)
        made.append(Attempt(one, entries))
    return made


class _Step(NamedTuple):
    run_id: int
    kind: StepKind
    title: str
    text: str | None
    details: dict[str, Any]
    input_tokens: int | None
    output_tokens: int | None
    cost_usd: Decimal | None
    started_at: datetime


def _steps(run_ids: Sequence[int]) -> dict[int, list[_Step]]:
    query = (
        select(
            RunStep.run_id,
            RunStep.kind,
            RunStep.title,
            func.substr(RunStep.content, 1, NOTES_LENGTH),
            RunStep.details,
            RunStep.input_tokens,
            RunStep.output_tokens,
            RunStep.cost_usd,
            RunStep.started_at,
        )
        .where(RunStep.run_id.in_(run_ids), RunStep.kind.in_((StepKind.MODEL_CALL, StepKind.ERROR)))
        .order_by(RunStep.run_id, RunStep.number)
    )
    found: dict[int, list[_Step]] = defaultdict(list)
    for row in db.session.execute(query):
        found[row[0]].append(_Step(*row))
    return found


def _entries(
    attempt: Run,
    shown: Run,
    said: Sequence[tuple[int, RunMessage]],
    called: dict[int, list[FoundCall]],
    steps: Sequence[_Step],
    before: int,
) -> Iterator[Turn | Incident]:
    """The turns and incidents of one attempt. `before`: the number of turns of earlier ones.

    The message of a turn and the step about its model call are stored together, so that they have the same order.
    """
    waiting = [message for _place, message in said]
    # Only the run that is shown has its result loaded; the earlier ones have failed.
    answer = shown.result if attempt.id == shown.id else None
    number = before
    for step in steps:
        if step.kind == StepKind.ERROR:
            yield Incident(step.title, step.text or "", step.started_at)
            continue
        message = waiting.pop(0) if waiting else None
        number += 1
        yield Turn(
            number,
            attempt.id,
            text=message_of(message.body).content if message else answer or "",
            notes=step.text or "",
            model=message.model if message else attempt.model,
            input_tokens=step.input_tokens,
            output_tokens=step.output_tokens,
            cost_usd=step.cost_usd,
            milliseconds=step.details.get("milliseconds"),
            started_at=step.started_at,
            calls=called[message.number] if message else [],
            is_answer=message is None and answer is not None,
            is_cut=message is None and answer is not None and attempt.result_truncated,
            is_estimated=bool(step.details.get("tokens_estimated")),
        )
        if message is None:
            answer = None
    # Without a step: the trace of an imported or very old run.
    for message in waiting:
        number += 1
        yield _untraced(number, attempt, message_of(message.body).content, message.model, called[message.number])
    if answer is not None:
        yield _untraced(number + 1, attempt, answer, attempt.model, [], is_answer=True)


def _untraced(
    number: int, attempt: Run, text: str, model: str | None, called: list[FoundCall], *, is_answer: bool = False
) -> Turn:
    return Turn(number, attempt.id, text, "", model, None, None, None, None, None, called, is_answer)


def _place(entries: Sequence[Entry], at: datetime) -> int:
    """Where something that happened at this time belongs."""
    for place, entry in enumerate(entries):
        began = entry.request.created_at if isinstance(entry, Asked) else None
        began = entry.at if isinstance(entry, Incident) else entry.started_at if isinstance(entry, Turn) else began
        if began is not None and began > at:
            return place
    return len(entries)
