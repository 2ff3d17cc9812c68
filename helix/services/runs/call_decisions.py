"""Decides on a call with the facts about it: executed, refused, or asked about.

The rules are in `helix.policies.tools`; what they need to know is gathered here.
"""

from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, select

from helix import clock
from helix.extensions import db
from helix.models import Run, Task, ToolCall
from helix.models.vocabulary import AnswerScope, RequestKind, ToolCallState, ToolPolicy, Trigger
from helix.policies import tools as policy
from helix.services import requests, tools
from helix.services.runs.conversation import Conversation
from helix.services.runs.repetitions import is_repeated
from helix.services.tools import GrantedTool

MAX_CALLS = 60


class NoProgress(Exception):
    """The model repeats a call that has brought the same result several times."""


def decide(run: Run, task: Task, conversation: Conversation, call: ToolCall, found: GrantedTool | None) -> str | None:
    """Decide on a call, inside a transaction: it is approved, a person is asked, or why it is refused is returned.

    A call that a person has allowed earlier is judged as well: its tool may have changed since. Raises NoProgress.
    """
    if run.tool_call_count > MAX_CALLS:
        return f"This run has used up its {MAX_CALLS} tool calls. Answer with what you have."
    if found is None:
        return f"There is no tool {call.name}."
    if is_repeated(conversation, call):
        raise NoProgress
    facts = _facts(run, conversation, call, found)
    decision = policy.decide(found.grant, found.facts, facts, _run(run))
    if not (facts.allowed_by_person and isinstance(decision, policy.Allow)):
        call.decided_because = decision.because[:300]
    call.definition_hash = found.tool.definition_hash
    if isinstance(decision, policy.Deny):
        return decision.because
    if isinstance(decision, policy.Ask):
        _ask_approval(run, task, call, decision)
    elif found.facts.asks_person:
        _ask_question(run, task, call)
    else:
        call.state = ToolCallState.APPROVED
    return None


def _ask_approval(run: Run, task: Task, call: ToolCall, decision: policy.Ask) -> None:
    scopes = [AnswerScope.ONCE]
    scopes += [AnswerScope.RUN] if decision.offers_run else []
    scopes += [AnswerScope.ALWAYS] if decision.offers_always else []
    requests.ask(
        run,
        task,
        call,
        kind=RequestKind.APPROVAL,
        title=f"May I call {call.name}?",
        body=decision.because,
        scopes=scopes,
    )


def _ask_question(run: Run, task: Task, call: ToolCall) -> None:
    arguments = call.arguments or {}
    question = str(arguments["question"])
    options = [str(option) for option in arguments.get("options") or ()]
    requests.ask(
        run,
        task,
        call,
        kind=RequestKind.QUESTION,
        title=question,
        # A title is cut.
        body=question if len(question) > requests.LONGEST_TITLE else "",
        options=options,
        on_expiry="default" if arguments.get("default") else "fail",
        default=arguments.get("default"),
    )


def _run(run: Run) -> policy.Run:
    return policy.Run(run.has_untrusted, reads_private=run.reads_private, is_mention=run.trigger == Trigger.MENTION)


def _facts(run: Run, conversation: Conversation, call: ToolCall, found: GrantedTool) -> policy.Call:
    limits = found.grant
    arguments = call.arguments if call.edited_arguments is None else call.edited_arguments
    url = str((arguments or {}).get("url") or "")
    return policy.Call(
        problem=tools.check_arguments(found.input_schema, arguments),
        host=tools.host_of(url),
        host_is_known=not url or tools.address_is_known(url, _known_texts(run, conversation)),
        # Read only where something depends on it: each is a statement per call.
        calls_in_run=0 if limits.per_run is None else _count(call, ToolCall.conversation_id == conversation.id),
        calls_today=0 if limits.per_day is None else _count(call, *_today(run)),
        allowed_for_run=limits.policy == ToolPolicy.ASK and requests.allowed_for_run(run.id, found.tool.id),
        # Only decided calls have a hash.
        allowed_by_person=call.definition_hash == found.tool.definition_hash and requests.is_call_allowed(call.id),
    )


def _known_texts(run: Run, conversation: Conversation) -> list[str]:
    """Texts whose addresses may be fetched without asking: those of people, and what certain tools brought."""
    query = select(ToolCall.result).where(
        ToolCall.conversation_id == conversation.id,
        ToolCall.name.in_(tools.known_texts.ADDRESS_SOURCES),
        ToolCall.result.is_not(None),
        # An error repeats the address that was asked for.
        ToolCall.is_error.is_(False),
    )
    return [*tools.known_texts.of_task(run.task_id), *(text for text in db.session.scalars(query) if text)]


def _today(run: Run) -> tuple[ColumnElement[bool], ...]:
    return ToolCall.started_at >= clock.now() - timedelta(days=1), Run.agent_id == run.agent_id


def _count(call: ToolCall, *conditions: Any) -> int:
    """Other calls of the same tool that were begun."""
    query = select(func.count(ToolCall.id)).join(Run, Run.id == ToolCall.run_id).where(ToolCall.id != call.id)
    query = query.where(ToolCall.tool_id == call.tool_id, ToolCall.started_at.is_not(None), *conditions)
    return db.session.scalar(query) or 0
