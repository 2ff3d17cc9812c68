"""Trying an agent: one answer to one message, without a task, without tools, and kept for an hour only.

`begin` stores the trial in Redis and enqueues it for the workers of runs; `answer` is the worker's half. The cost
counts in the budgets of the organization and of the agent like that of a run, and is kept as a `TrialCost`. `stop`
ends it: what is written by then stays, and costs what was used.
"""

import logging
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from redis.exceptions import RedisError
from sqlalchemy import select

from helix import clock, llm, queue
from helix.db.transaction import end_reading, transaction
from helix.errors import Conflict, Forbidden, Invalid, NotFound, TooManyRequests, Unavailable
from helix.extensions import db
from helix.models import Agent, TrialCost
from helix.models.vocabulary import BoardLevel
from helix.policies.actor import Actor
from helix.prompt import ContextTooLong
from helix.prompt import material as plain
from helix.queue.connection import redis
from helix.services import agents, budgets, models, settings
from helix.services.access import BoardScope, board_scope
from helix.services.runs import prompt_parts
from helix.services.runs.claim import Heartbeat
from helix.services.runs.interrupts import Interrupt, Interrupted, Interruptible, uninterrupted
from helix.services.runs.material import Work
from helix.services.runs.retry_on_db_loss import retry_on_db_loss
from helix.services.runs.streaming import EVERY_SECONDS
from helix.services.work.outcome import Outcome
from helix.services.work.rules import Model, has_usable_model, is_usable_by_agent
from helix.text import markdown
from helix.text.cleaning import clean
from helix.text.streamed_blocks import completed_length

log = logging.getLogger(__name__)

JOB = "helix.jobs.runs.try_agent"
MAX_MESSAGE = 20_000
TITLE_LENGTH = 120
KEPT_SECONDS = 3600
# Of one person, within WINDOW_SECONDS.
MAX_TRIALS, WINDOW_SECONDS = 20, 300
# A worker that takes up a trial later than this answers nobody.
MAX_WAITING_SECONDS = 120.0
MAX_CALL_SECONDS = 180.0
MAX_STOPPING_SECONDS = 10.0
QUEUED, RUNNING, DONE, FAILED, STOPPED = "queued", "running", "done", "failed", "stopped"
LOST = "The worker was lost. Try again."
INTERRUPTED = {
    Interrupt.TIMED_OUT: f"The model took longer than {MAX_CALL_SECONDS:.0f} seconds.",
    Interrupt.HANDED_BACK: "The worker was stopped, such as for an update. Try again.",
}


@dataclass(frozen=True)
class Trial:
    """What is known of a trial. `html` are the complete blocks of the answer, `rest` the text after them."""

    id: str
    agent_id: int
    status: str
    message: str
    text: str = ""
    html: str = ""
    rest: str = ""
    problem: str = ""
    model: str = ""
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = None
    truncated: bool = False
    # Told to stop, but the worker has not yet.
    stopping: bool = False

    @property
    def is_live(self) -> bool:
        return self.status in (QUEUED, RUNNING)


def may_try(actor: Actor) -> bool:
    """Those who may give agents work: the level create on any board."""
    none = BoardScope(is_admin=False, excluded=False, board_ids=())
    return actor.user_id is not None and board_scope(actor, BoardLevel.CREATE) != none


def begin(actor: Actor, agent_id: int, message: str) -> Trial:
    """Enqueue a trial. Raises Forbidden, Invalid for an empty or long message, Conflict when the agent cannot work now,
    TooManyRequests, and Unavailable without a queue.
    """
    agent = agents.get(agent_id)
    if not may_try(actor):
        raise Forbidden("You need the level Create on a board to try an agent.")
    message = clean(message).strip()
    if not message:
        raise Invalid.field("message", "Enter a message.")
    if len(message) > MAX_MESSAGE:
        raise Invalid.field("message", f"At most {MAX_MESSAGE:,} characters.")
    _check_agent(agent)
    trial_id = secrets.token_urlsafe(12)
    try:
        _throttle(actor)
        _store(trial_id, status=QUEUED, agent_id=agent_id, user_id=actor.user_id, message=message, asked_at=time.time())
    except RedisError as error:
        raise Unavailable("The queue cannot be reached, so no worker can answer now.") from error
    if not queue.enqueue(JOB, trial_id, timeout=int(MAX_CALL_SECONDS) + 60, name=queue.RUNS):
        raise Unavailable("The queue cannot be reached, so no worker can answer now.")
    return Trial(trial_id, agent_id, QUEUED, message)


def _check_agent(agent: Agent) -> None:
    if not agent.enabled:
        raise Conflict(f"{agent.name} is paused. Enable the agent first.")
    if not has_usable_model(agent):
        raise Conflict(f"There is no usable model for {agent.name}. Add one, or choose a default, in the models.")
    if agent.budget_paused:
        raise Conflict(f"{agent.name} has used up this month's budget. Raise it, or wait for the next month.")
    if budgets.organization_is_exhausted():
        raise Conflict("The organization's budget for this month is used up. Raise it, or wait for the next month.")


def _throttle(actor: Actor) -> None:
    key = f"helix:trials-of:{actor.user_id}"
    pipe = redis().pipeline()
    pipe.set(key, 0, ex=WINDOW_SECONDS, nx=True)
    pipe.incr(key)
    pipe.ttl(key)
    _, count, ttl = pipe.execute()
    if count > MAX_TRIALS:
        raise TooManyRequests("You have tried agents very often. Wait a few minutes.", retry_after=max(int(ttl), 1))


def find(actor: Actor, agent_id: int, trial_id: str) -> Trial:
    """A trial of the actor. Raises NotFound for others and after an hour, Unavailable without Redis."""
    try:
        found = _read(trial_id)
    except RedisError as error:
        raise Unavailable("The answer cannot be read now. Try again in a moment.") from error
    if not found or found["user_id"] != str(actor.user_id) or found["agent_id"] != str(agent_id):
        raise NotFound("There is no such trial any more. Answers are kept for one hour.")
    late = time.time() - float(found["asked_at"])
    status, problem = found["status"], found.get("problem", "")
    if status == QUEUED and late > MAX_WAITING_SECONDS:
        status, problem = FAILED, "No worker has answered. Check that one is running, then try again."
    elif status == RUNNING and late > MAX_WAITING_SECONDS + MAX_CALL_SECONDS + 60:
        status, problem = FAILED, LOST
    if stop_asked_at := found.get("stop_asked_at"):
        # A worker that does not answer any more has stopped, too.
        stopping = status == RUNNING and time.time() - float(stop_asked_at) < MAX_STOPPING_SECONDS
        status = STOPPED if status in (QUEUED, RUNNING) and not stopping else status
    else:
        stopping = False
    return Trial(
        id=trial_id,
        agent_id=agent_id,
        status=status,
        stopping=stopping,
        message=found["message"],
        text=found.get("text", ""),
        html=found.get("html", ""),
        rest=found.get("rest", ""),
        problem=problem,
        model=found.get("model", ""),
        input_tokens=int(found.get("input_tokens", 0)),
        output_tokens=int(found.get("output_tokens", 0)),
        cost_usd=float(found["cost_usd"]) if found.get("cost_usd") else None,
        truncated=found.get("truncated") == "1",
    )


def stop(actor: Actor, agent_id: int, trial_id: str) -> Trial:
    """End a trial of the actor; one that has ended stays as it is. Its worker stops within seconds.

    Raises NotFound for others and after an hour, Unavailable without Redis.
    """
    trial = find(actor, agent_id, trial_id)
    if not trial.is_live:
        return trial
    try:
        _store(trial_id, stop_asked_at=time.time())
    except RedisError as error:
        raise Unavailable(
            "The queue cannot be reached, so nothing can be stopped now. Try again in a moment."
        ) from error
    return find(actor, agent_id, trial_id)


@dataclass(frozen=True)
class Answering:
    """The right to answer a trial, and its limits of time, as of a run: see `beat`."""

    trial_id: str
    began: float = field(default_factory=time.monotonic, compare=False)
    seconds: float = MAX_CALL_SECONDS

    @property
    def seconds_left(self) -> float:
        return self.seconds + self.began - time.monotonic()


def beat(answering: Answering) -> Heartbeat:
    """LOST when the person has stopped the trial, or it is gone."""
    found = _read(answering.trial_id)
    return Heartbeat.LOST if not found or found.get("stop_asked_at") else Heartbeat.HELD


def title_of(message: str) -> str:
    """The first line, cut, as the title of a task."""
    line = message.split("\n", 1)[0].strip()
    return line if len(line) <= TITLE_LENGTH else line[: TITLE_LENGTH - 1].rstrip() + "…"


def answer(trial_id: str, *, interruptible: Interruptible = uninterrupted) -> None:
    """For the worker: ask the model, and store what it answers as it comes. Errors of our own are logged.

    `interruptible` surrounds the model call: an `Interrupted` may be raised in it at any moment.
    """
    found = _read(trial_id)
    if not found or found["status"] != QUEUED or time.time() - float(found["asked_at"]) > MAX_WAITING_SECONDS:
        return
    if found.get("stop_asked_at"):
        _store(trial_id, status=STOPPED)
        return
    _store(trial_id, status=RUNNING)
    try:
        _answer(trial_id, int(found["agent_id"]), int(found["user_id"]), found["message"], interruptible)
    except Exception:
        log.exception("Trial %s of agent %s broke on our side", trial_id, found["agent_id"])
        _store(trial_id, status=FAILED, problem="Something broke on our side. The worker's log says what.")


def _answer(trial_id: str, agent_id: int, user_id: int, message: str, interruptible: Interruptible) -> None:
    work = _work_for(agent_id, message)
    if work is None:
        _store(trial_id, status=FAILED, problem="There is no usable model for this agent.")
        return
    client = llm.for_endpoint(work.endpoint)
    try:
        prompt = work.compose(client)
    except ContextTooLong as error:
        _store(trial_id, status=FAILED, problem=str(error))
        return
    paid = _pay_ahead(agent_id, user_id, work, client, prompt.tokens)
    if paid is None:
        words = "What is left of this month's budget does not pay for this call."
        _store(trial_id, status=FAILED, problem=words)
        return
    account, cost_id, max_tokens = paid
    written = _Written(lambda **values: _store(trial_id, **values))
    outcome: Outcome | None = None
    problem, status = "", DONE
    sent = False
    try:
        with interruptible():
            sent = True
            completion = client.complete(
                work.endpoint,
                prompt.messages,
                max_tokens=max_tokens,
                timeout_seconds=min(work.call_timeout_seconds, MAX_CALL_SECONDS),
                idle_seconds=work.stream_idle_seconds,
                on_text=written.add,
                on_restart=written.restart,
            )
        outcome = work.spent(client, completion)
    except Interrupted as interrupted:
        status, problem = (
            (STOPPED, "") if interrupted.cause == Interrupt.CANCELLED else (FAILED, INTERRUPTED[interrupted.cause])
        )
        outcome = work.estimate(client, prompt.tokens if sent else 0, written.text)
        retry_on_db_loss(_correct, account, cost_id, outcome)
        written.end(written.text)
    except llm.ModelFailure as failure:
        status, problem = FAILED, failure.message
        if failure.partial is not None:
            outcome = work.spent(client, failure.partial)
        elif written.text:
            outcome = work.estimate(client, prompt.tokens, written.text)
        retry_on_db_loss(_correct, account, cost_id, outcome)
    except Exception:
        # How far the call came is unknown.
        retry_on_db_loss(_correct, account, cost_id, work.estimate(client, prompt.tokens, written.text))
        raise
    else:
        retry_on_db_loss(_correct, account, cost_id, outcome)
        written.end(completion.text)
    log.info(
        "Agent %s was tried",
        agent_id,
        extra={"cost_usd": str(outcome.counted_usd) if outcome else "0", "model": work.model_name},
    )
    _store(
        trial_id,
        status=status,
        problem=problem,
        model=work.model_name,
        input_tokens=outcome.input_tokens if outcome else 0,
        output_tokens=outcome.output_tokens if outcome else 0,
        cost_usd="" if outcome is None or outcome.cost_usd is None else str(outcome.cost_usd),
        truncated="1" if outcome and outcome.truncated else "",
    )


def _work_for(agent_id: int, message: str) -> Work | None:
    agent = db.session.get(Agent, agent_id)
    model = db.session.scalar(select(Model).join(Agent, is_usable_by_agent).where(Agent.id == agent_id))
    if agent is None or agent.deleted_at is not None or model is None:
        return None
    organization = settings.organization()
    title = title_of(message)
    task = plain.Task(title=title, description="" if title == message else message)
    work = Work(
        endpoint=models.endpoint_of(model),
        ai_model_id=model.id,
        model_name=f"{model.provider}/{model.model_name}",
        cooldown_key=model.cooldown_key,
        max_tokens=min(agent.max_output_tokens, model.max_output_tokens or agent.max_output_tokens),
        run_timeout_seconds=float(organization.run_timeout_seconds),
        stream_idle_seconds=float(organization.stream_idle_seconds),
        unknown_price=organization.unknown_price_per_million_usd,
        mention=False,
        parts=prompt_parts.alone(agent, prompt_parts.always_active(agent), task),
    )
    end_reading()
    return work


def _pay_ahead(
    agent_id: int, user_id: int, work: Work, client: llm.ModelClient, tokens: int
) -> tuple[budgets.Trial, int, int] | None:
    """The account, the id of its TrialCost and the limit of output tokens; None when the budget does not pay for it."""
    with transaction():
        account = budgets.Trial(agent_id)
        reserved = budgets.reserve(
            account,
            agents.get(agent_id),
            settings.organization(),
            input_tokens=tokens,
            max_tokens=work.max_tokens,
            price=work.price(client),
        )
        if reserved is None:
            return None
        budgets.pay_ahead(account)
        cost = TrialCost(
            agent_id=agent_id,
            user_id=user_id,
            model=work.model_name,
            input_tokens=tokens,
            output_tokens=reserved.max_tokens,
            cost_usd=None if client.price(work.endpoint) is None else account.counted_usd,
            counted_usd=account.counted_usd,
            finished_at=clock.now(),
        )
        db.session.add(cost)
        db.session.flush()
        return account, cost.id, reserved.max_tokens


def _correct(account: budgets.Trial, cost_id: int, outcome: Outcome | None) -> None:
    """Replace what was paid ahead. Without an outcome nothing was used, and nothing is kept."""
    with transaction():
        budgets.correct(account, outcome.counted_usd if outcome else Decimal(0))
        cost = db.session.get(TrialCost, cost_id, populate_existing=True)
        if cost is None:
            # The agent was removed with the sample organization meanwhile.
            return
        if outcome is None:
            db.session.delete(cost)
            return
        cost.input_tokens, cost.output_tokens = outcome.input_tokens, outcome.output_tokens
        cost.cost_usd, cost.counted_usd = outcome.cost_usd, outcome.counted_usd
        cost.finished_at = clock.now()


class _Written:
    """Stores the answer a few times a second, its complete blocks rendered."""

    def __init__(self, store: Callable[..., None]) -> None:
        self._store = store
        self._stored_at = 0.0
        self.restart()

    def restart(self) -> None:
        self.text, self._html, self._done = "", "", 0

    def add(self, piece: str) -> None:
        self.text += piece
        if time.monotonic() - self._stored_at < EVERY_SECONDS:
            return
        self._stored_at = time.monotonic()
        rest = self.text[self._done :]
        end = completed_length(rest)
        if end:
            self._html += markdown.render(rest[:end])
            self._done += end
        try:
            self._store(text=self.text, html=self._html, rest=rest[end:])
        except RedisError as error:
            log.info("Not streamed, Redis is away: %s", error)

    def end(self, text: str) -> None:
        self._store(text=text, html=markdown.render(text), rest="")


def _key(trial_id: str) -> str:
    return f"helix:trial:{trial_id}"


def _store(trial_id: str, **values: Any) -> None:
    pipe = redis().pipeline()
    pipe.hset(_key(trial_id), mapping={name: "" if value is None else str(value) for name, value in values.items()})
    pipe.expire(_key(trial_id), KEPT_SECONDS)
    pipe.execute()


def _read(trial_id: str) -> dict[str, str]:
    """Empty when it is gone; also when Redis lost it meanwhile, and a worker has written to it since."""
    found: Any = redis().hgetall(_key(trial_id))
    values = {name.decode(): value.decode() for name, value in found.items()}
    return values if "asked_at" in values else {}
