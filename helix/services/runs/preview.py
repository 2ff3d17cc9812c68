"""Preview of the prompt that a run of a task would send."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import select

from helix import llm, queue
from helix.db.transaction import end_reading
from helix.errors import Conflict, Unavailable
from helix.extensions import db
from helix.models import Agent, Task
from helix.policies.actor import Actor
from helix.prompt import ContextTooLong, Message
from helix.services import agents, models
from helix.services.runs import material, prompt_parts
from helix.services.work import lookup
from helix.services.work.rules import Model, is_usable_by_agent

_ENDLESS = 2**40


def preview(actor: Actor, task_id: int) -> dict[str, Any]:
    """The prompt of a run that would start now: `messages`, `tokens`, `cut`, `skills`, `context_window`.

    Counting needs the model's own counter, so a quick worker composes it. Raises Conflict without an agent or
    a usable model, or when it cannot fit; Unavailable when no worker answers.
    """
    task = lookup.get(actor, task_id)
    if task.assigned_agent_id is None:
        raise Conflict("Nobody is assigned. Choose an agent to see what it would be sent.")
    end_reading()
    answer = queue.ask("helix.jobs.runs.preview", task_id, seconds=20)
    if "problem" in answer:
        raise Conflict(answer["problem"])
    return answer


def size_of_skills(agent_id: int) -> dict[str, Any] | None:
    """Token count of the skills that every run of an agent includes, computed by a quick worker; see `weigh_skills`.

    None where that cannot be told: no usable model, or no worker answers.
    """
    agents.get(agent_id)
    end_reading()
    try:
        return queue.ask("helix.jobs.runs.weigh_skills", agent_id, seconds=20)
    except Unavailable:
        return None


def weigh_skills(agent_id: int) -> dict[str, Any] | None:
    """The worker's half: `skills` (how many), `tokens` of their texts, `room` of the model less its answer, and the
    names of those whose text would be `left_out` of a task that no skill matches. Files of skills are not counted."""
    agent = db.session.get(Agent, agent_id)
    model = db.session.scalar(select(Model).join(Agent, is_usable_by_agent).where(Agent.id == agent_id))
    if agent is None or model is None:
        return None
    skills = [replace(skill, files=()) for skill in prompt_parts.always_active(agent)]
    endpoint = models.endpoint_of(model)
    client = llm.for_endpoint(endpoint)
    window = client.window(endpoint)
    output = min(agent.max_output_tokens, model.max_output_tokens or agent.max_output_tokens, window.max_output)
    sized = prompt_parts.alone(agent, skills)

    def count(messages: Sequence[Message]) -> int:
        return client.count(endpoint, messages)

    whole = sized.compose(llm.Window(context=_ENDLESS, max_output=0), count)
    bare = prompt_parts.alone(agent, ()).compose(llm.Window(context=_ENDLESS, max_output=0), count)
    try:
        sent = set(sized.compose(llm.Window(context=window.context, max_output=output), count).skills)
    except ContextTooLong:
        sent = set()
    return {
        "skills": len(skills),
        "tokens": whole.tokens - bare.tokens,
        "room": window.context - output,
        "left_out": [skill.name for skill in skills if skill.name not in sent],
    }


def compose_preview(task_id: int) -> dict[str, Any]:
    """The worker's part of `preview`: plain values, with `problem` when there is no prompt."""
    task = db.session.get_one(Task, task_id)
    work = material.work_for(task.id, task.assigned_agent_id) if task.assigned_agent_id else None
    if work is None:
        return {"problem": "There is no usable model for this agent. Choose one in the models."}
    client = llm.for_endpoint(work.endpoint)
    try:
        prompt = work.compose(client)
    except ContextTooLong as error:
        return {"problem": str(error)}
    return {
        "messages": [{"role": message.role, "content": message.content} for message in prompt.messages],
        "tokens": prompt.tokens,
        "cut": [cut.words for cut in prompt.cut],
        "skills": list(prompt.skills),
        "context_window": client.window(work.endpoint).context,
        "model": work.model_name,
    }
