"""The trace of a run: its steps, as people read them."""

import json
from typing import Any

from sqlalchemy import bindparam, func, insert, select

from helix import clock
from helix.db.transaction import before_commit
from helix.db.write import table, write
from helix.models import Run, RunStep, ToolCall
from helix.models.vocabulary import StepKind

# Constants: building these statements costs more than executing them.
_EARLIER = table(RunStep).alias()
_LAST_NUMBER = select(func.coalesce(func.max(_EARLIER.c.number), 0)).where(_EARLIER.c.run_id == bindparam("of_run"))
# Executed for each step, so that each one comes after the last.
_NEW_STEPS = insert(table(RunStep)).values(number=_LAST_NUMBER.scalar_subquery() + 1)


def add_step(run: Run, kind: StepKind, title: str, *, content: str | None = None, **facts: object) -> None:
    """Add a step to the trace. `facts` may include input_tokens, output_tokens, cost_usd; the rest become details."""
    numbers = {name: facts.pop(name, None) for name in ("input_tokens", "output_tokens", "cost_usd")}
    now = clock.now()
    started_at = facts.pop("started_at", now)
    step = {
        "run_id": run.id,
        "kind": kind,
        "title": title[:200],
        "content": content,
        "details": facts,
        "started_at": started_at,
        "finished_at": now,
        **numbers,
    }
    before_commit(_write_steps, step)


def add_call(run: Run, call: ToolCall) -> None:
    """Add a call that has ended, and its result."""
    arguments = call.arguments if call.edited_arguments is None else call.edited_arguments
    add_step(
        run,
        StepKind.TOOL_CALL,
        call.name,
        content=json.dumps(arguments, indent=2, ensure_ascii=False),
        started_at=call.started_at or clock.now(),
        state=call.state,
        because=call.decided_because,
        milliseconds=call.milliseconds,
        cost_usd=call.cost_usd,
    )
    title = f"Result of {call.name}" if not call.is_error else f"Error of {call.name}"
    add_step(run, StepKind.TOOL_RESULT, title, content=call.result, is_error=call.is_error)


def _write_steps(steps: list[dict[str, Any]]) -> None:
    """Insert the steps in the order in which they were added, numbered after the existing ones."""
    write(_NEW_STEPS, [step | {"of_run": step["run_id"]} for step in steps])
