"""Ends of a run: each closes the run and moves the task in one transaction that checks the fencing token."""

from datetime import timedelta
from decimal import Decimal

from sqlalchemy import func, select

from helix import clock, live, queue
from helix.backoff import backoff
from helix.db.locking import lock
from helix.db.transaction import AfterCommit, transaction
from helix.extensions import db
from helix.models import Agent, Run, Task
from helix.models.vocabulary import FailureReason, RequestKind, RunStatus, StepKind, TaskStatus, Trigger
from helix.policies.actor import agent_actor
from helix.policies.failures import FAILURE_TEXTS
from helix.services import activity, budgets, comments, notifications, requests, settings
from helix.services.runs import call_execution, circuit_breaker, task_tools
from helix.services.runs.claim import Claim
from helix.services.runs.fenced import lock_with_task
from helix.services.work import moves, open_requests
from helix.services.work.open_requests import chain
from helix.services.work.outcome import Call, Outcome, why_result_is_refused
from helix.services.work.trace import add_step

FIRST_WAIT_SECONDS = 2.0
LONGEST_WAIT_SECONDS = 300.0
# Upper bound for a provider's Retry-After, so that every run ends within a working day.
LONGEST_ASKED_SECONDS = 3_600.0
# So many lost workers do not count as attempts; after that the run itself may be the cause.
FREE_LOSSES = 4


def succeed(claim: Claim, outcome: Outcome, call: Call | None = None) -> None:
    """Store the answer and move the task to review, or to done when no approval is required."""
    with transaction() as after_commit:
        run, task = lock_with_task(claim)
        run.active_seconds = claim.active_seconds
        agent = run.agent
        if run.trigger != Trigger.MENTION and circuit_breaker.is_third_identical_answer(task, run, outcome.text):
            _fail_for_no_progress(run, task, outcome, call, after_commit)
            return
        if task_tools.misses_values(run, task):
            _account(run, outcome)
            _trace_call(run, call, outcome)
            words = "The agent answered without handing in the values that the next steps of the workflow need."
            close_failed(run, task, FailureReason.NOT_HANDED_IN, words, after_commit)
            give_up(run, task)
            return
        _close(run, RunStatus.SUCCEEDED, after_commit, task)
        _account(run, outcome)
        agent.last_run_failed = False
        run.result, run.result_truncated = outcome.text, outcome.truncated
        _trace_call(run, call, outcome)
        cut = {"truncated": True} if outcome.truncated else {}
        add_step(run, StepKind.OUTPUT, "Answer, cut at the limit" if cut else "Answer", content=outcome.text, **cut)
        actor = agent_actor(agent.id, agent.name)
        if run.trigger == Trigger.MENTION:
            refusal = why_result_is_refused(run, task) if outcome.result is not None else None
            comments.answer_mention(actor, task, outcome, refusal)
            if outcome.result is None or refusal:
                return
        circuit_breaker.check_rejected_answer(task, run, outcome.task_text)
        if task_tools.has_nothing_to_report(run, task):
            _store_away(run, task, outcome)
            return
        # Results from comments and truncated results always need a review.
        reviewed = task.requires_approval or run.trigger == Trigger.MENTION or outcome.truncated
        target = TaskStatus.REVIEW if reviewed else TaskStatus.DONE
        moves.put(task, target)
        _keep_result(run, task, outcome)
        activity.record_task(actor, "task.completed", task, run_id=run.id, to_status=target)
        if target == TaskStatus.DONE:
            notifications.task_completed(actor, task)
        elif task.requires_approval:
            notifications.approval_needed(actor, task)
        else:
            notifications.in_review(actor, task)


def _keep_result(run: Run, task: Task, outcome: Outcome) -> None:
    """Written in the same statement as the move."""
    task.result, task.result_run_id, task.result_truncated = outcome.task_text, run.id, outcome.truncated
    task.result_edited_by_user_id = task.result_edited_at = None


def _store_away(run: Run, task: Task, outcome: Outcome) -> None:
    """The task of a quiet schedule whose agent has nothing to report: done and archived, and nobody is told."""
    moves.put(task, TaskStatus.DONE)
    _keep_result(run, task, outcome)
    task.archived = True
    actor = agent_actor(run.agent.id, run.agent.name)
    activity.record_task(actor, "task.completed", task, run_id=run.id, to_status=TaskStatus.DONE)
    activity.record_task(actor, "task.archived", task, archived=True)


def _fail_for_no_progress(run: Run, task: Task, outcome: Outcome, call: Call | None, after_commit: AfterCommit) -> None:
    _account(run, outcome)
    _trace_call(run, call, outcome)
    words = "The agent gave the same answer for the third time, although it was sent back."
    close_failed(run, task, FailureReason.NO_PROGRESS, words, after_commit)
    task.auto_stopped = words
    give_up(run, task)


def fail(
    claim: Claim,
    reason: FailureReason,
    message: str,
    outcome: Outcome | None = None,
    *,
    call: Call | None = None,
    retry_after: float | None = None,
    healable: bool = False,
) -> None:
    """Close this attempt. A `healable` failure is retried; otherwise the task returns to its previous status.

    `outcome` is the text and the cost of the failed call. `retry_after` is in seconds, as the provider asked.
    """
    with transaction() as after_commit:
        run, task = lock_with_task(claim)
        run.active_seconds = claim.active_seconds
        if outcome:
            _account(run, outcome)
        _trace_call(run, call, outcome, failed=True)
        close_failed(run, task, reason, message, after_commit)
        if healable and run.attempt < settings.organization().max_run_attempts:
            next_attempt(run, task, after_commit, attempt=run.attempt + 1, wait=retry_wait(run.attempt, retry_after))
        else:
            give_up(run, task)


def close_failed(run: Run, task: Task, reason: FailureReason, message: str, after_commit: AfterCommit) -> None:
    _close(run, RunStatus.FAILED, after_commit, task)
    budgets.release(run)
    run.reason, run.message = reason, message
    add_step(run, StepKind.ERROR, FAILURE_TEXTS[reason].short, content=message, reason=reason)


def next_attempt(run: Run, task: Task, after_commit: AfterCommit, *, attempt: int, wait: float, losses: int = 0) -> Run:
    """Insert the next attempt, in the transaction that closed the previous one. The card stays in its column."""
    successor = Run(
        task_id=run.task_id,
        agent_id=run.agent_id,
        trigger=Trigger.MENTION if run.trigger == Trigger.MENTION else Trigger.RETRY,
        attempt=attempt,
        losses=losses,
        retry_of=run.id,
        comment_id=run.comment_id,
        requested_by_user_id=run.requested_by_user_id,
        came_from=run.came_from,
        conversation_id=run.conversation_id,
        # So that no two claims of a conversation have the same token: its calls keep that of the claim that began them.
        fence=run.fence,
        turn_count=run.turn_count,
        tool_call_count=run.tool_call_count,
        # A new conversation has its own time.
        active_seconds=run.active_seconds if run.conversation_id else 0.0,
        reads_private=run.reads_private,
        has_untrusted=run.has_untrusted,
        queued_at=run.queued_at,
        not_before=clock.now() + timedelta(seconds=wait) if wait else None,
    )
    db.session.flush()
    db.session.add(successor)
    db.session.flush()
    if successor.trigger != Trigger.MENTION:
        task.last_run_id = successor.id
    if not wait:
        after_commit(queue.wake)
    return successor


def give_up(run: Run, task: Task) -> None:
    """After the last attempt: return the task to its previous status and notify people.

    Not while it is unknown whether a call took effect: else the next run might do the same again. People are asked, in
    a further attempt that waits for them.
    """
    unknown = call_execution.unknown_calls(run)
    if unknown:
        with transaction() as after_commit:
            successor = next_attempt(run, task, after_commit, attempt=run.attempt, wait=0)
            successor.status = RunStatus.WAITING
            for call in unknown:
                call_execution.ask_whether_done(successor, task, call, "The run ended in the middle of this call.")
        return
    agent = db.session.get_one(Agent, run.agent_id)
    agent.last_run_failed = True
    open_requests.withdraw_open(run)
    if run.trigger != Trigger.MENTION and task.status == TaskStatus.IN_PROGRESS:
        moves.put(task, run.came_from)
    circuit_breaker.check_failures(task, run)
    activity.record_task(
        agent_actor(agent.id, agent.name), "task.failed", task, run_id=run.id, reason=run.reason, message=run.message
    )
    notifications.agent_error(task, run)


def hand_back(claim: Claim, outcome: Outcome | None = None) -> None:
    """Return the run to the queue because this worker stops. It does not count as an attempt."""
    with transaction() as after_commit:
        run, task = lock_with_task(claim)
        run.active_seconds = claim.active_seconds
        if outcome:
            _account(run, outcome)
        budgets.release(run)
        run.status = RunStatus.QUEUED
        run.heartbeat_at = run.worker = None
        run.fence += 1
        add_step(run, StepKind.ERROR, "Handed back: the worker was stopped", reason="handed_back")
        after_commit(queue.wake)
        after_commit(live.publish, "task", task.id, board_id=task.board_id)


def settle_turn(claim: Claim, outcome: Outcome, call: Call) -> Run:
    """Book a turn that asks for tools, inside a transaction: the run goes on. Returns the locked run."""
    with transaction() as after_commit:
        run, task = lock_with_task(claim)
        run.active_seconds = claim.active_seconds
        _account(run, outcome)
        _trace_call(run, call, outcome)
        if outcome.text.strip():
            add_step(run, StepKind.OUTPUT, "Message", content=outcome.text)
        run.turn_count += 1
        after_commit(live.publish, "run", run.id, board_id=task.board_id, task_id=task.id)
    return run


def may_spend(claim: Claim) -> bool:
    """Whether another turn is within what the run may cost. If not, a person is asked for more, and the run waits.

    A run whose request for more was denied fails.
    """
    with transaction():
        run, task = lock_with_task(claim)
        limit = settings.organization().max_run_usd + requests.extra_usd(run.id)
        spent = db.session.scalar(select(func.sum(Run.counted_usd)).where(chain(run.id))) or Decimal(0)
        if spent < limit:
            return True
        if not requests.has_open(run.id) and not requests.is_budget_denied(run.id):
            requests.ask(
                run,
                task,
                None,
                kind=RequestKind.BUDGET,
                title=f"This run has cost {spent:.2f} USD. May I spend more?",
                body="The run stops at this limit and goes on when more is allowed.",
            )
    if not wait(claim):
        fail(claim, FailureReason.BUDGET_EXHAUSTED, "The run has spent what one run may cost, and got no more.")
    return False


def wait(claim: Claim) -> bool:
    """Give the run up until what it waits for is there. False when everything has come meanwhile."""
    with transaction() as after_commit:
        run, task = lock_with_task(claim)
        if not open_requests.awaits(run):
            return False
        run.active_seconds = claim.active_seconds
        run.status = RunStatus.WAITING
        run.heartbeat_at = run.worker = None
        run.fence += 1
        budgets.release(run)
        after_commit(live.publish, "task", task.id, board_id=task.board_id)
        after_commit(live.publish, "run", run.id, board_id=task.board_id, task_id=task.id)
        after_commit(live.publish, "agent", run.agent_id)
        # The agent has room for another run now.
        after_commit(queue.wake)
    return True


def settle_late(claim: Claim, outcome: Outcome) -> None:
    """Book the cost of a run that was cancelled or closed meanwhile. Its text is dropped."""
    with transaction():
        run = lock(Run, claim.run_id)
        if run is not None and run.fence == claim.fence and not run.is_live and run.reserved_usd > 0:
            _account(run, outcome)


def retry_wait(attempt: int, retry_after: float | None) -> float:
    """Seconds until the next try: 2, 4, 8 ... with jitter, and not sooner than the provider asked, up to an hour."""
    wait = backoff(attempt, first=FIRST_WAIT_SECONDS, longest=LONGEST_WAIT_SECONDS, jitter=0.25)
    return max(wait, min(retry_after or 0.0, LONGEST_ASKED_SECONDS))


def _trace_call(run: Run, call: Call | None, outcome: Outcome | None, *, failed: bool = False) -> None:
    """Add the call to the trace with its usage, the model's thoughts, and for a failed call the text received."""
    if call is None:
        return
    facts: dict[str, object] = {"milliseconds": call.milliseconds}
    parts = []
    if outcome is not None:
        facts |= {
            "input_tokens": outcome.input_tokens,
            "output_tokens": outcome.output_tokens,
            "cost_usd": outcome.cost_usd,
        }
        if outcome.estimated:
            facts["tokens_estimated"] = True
        if outcome.thoughts:
            parts.append(f"Thoughts:\n\n{outcome.thoughts}")
        if failed and outcome.text.strip():
            parts.append(f"Text that came before it failed:\n\n{outcome.text}")
    title, content = f"Asked {run.model}", "\n\n".join(parts) or None
    add_step(run, StepKind.MODEL_CALL, title, content=content, started_at=call.started_at, **facts)


def _close(run: Run, status: RunStatus, after_commit: AfterCommit, task: Task) -> None:
    run.status = status
    run.finished_at = clock.now()
    after_commit(live.publish, "task", task.id, board_id=task.board_id)
    after_commit(live.publish, "run", run.id, board_id=task.board_id, task_id=task.id)
    after_commit(live.publish, "agent", run.agent_id)


def _account(run: Run, outcome: Outcome) -> None:
    run.input_tokens += outcome.input_tokens
    run.output_tokens += outcome.output_tokens
    if outcome.cost_usd is not None:
        run.cost_usd = (run.cost_usd or Decimal(0)) + outcome.cost_usd
    budgets.settle(run, outcome.counted_usd)
