"""What an agent would be sent for a task, before anything is sent."""

from typing import Any

from helix import llm, queue
from helix.errors import Conflict
from helix.extensions import db
from helix.models import Task
from helix.policies.actor import Actor
from helix.prompt import ContextTooLong
from helix.services import tasks
from helix.services.runs import material
from helix.transaction import end_reading


def preview(actor: Actor, task_id: int) -> dict[str, Any]:
    """The prompt of a run that would start now: `messages`, `tokens`, `cut`, `skills`, `context_window`.

    Counting needs the model's own counter, so a quick worker composes it. Raises Conflict without an agent or
    a usable model, or when it cannot fit; Unavailable when no worker answers.
    """
    task = tasks.get(actor, task_id)
    if task.assigned_agent_id is None:
        raise Conflict("Nobody is assigned. Choose an agent to see what it would be sent.")
    end_reading()
    answer = queue.ask("helix.jobs.runs.preview", task_id, seconds=20)
    if "problem" in answer:
        raise Conflict(answer["problem"])
    return answer


def compose_preview(task_id: int) -> dict[str, Any]:
    """The worker's half of `preview`: plain values, `problem` where there is no prompt."""
    task = db.session.get_one(Task, task_id)
    work = material.work_for(task.id, task.assigned_agent_id) if task.assigned_agent_id else None
    if work is None:
        return {"problem": "There is no usable model for this agent. Choose one in the models."}
    mind = llm.for_endpoint(work.endpoint)
    try:
        prompt = work.compose(mind)
    except ContextTooLong as error:
        return {"problem": str(error)}
    return {
        "messages": [{"role": message.role, "content": message.content} for message in prompt.messages],
        "tokens": prompt.tokens,
        "cut": [cut.words for cut in prompt.cut],
        "skills": list(prompt.skills),
        "context_window": mind.window(work.endpoint).context,
        "model": work.model_name,
    }
