"""Runs: attempts of an agent at a task. The database is the source of truth, the queue only wakes workers.

A run's life: `start` queues it, `claim` hands it to one worker under a fence, `execute` asks the model,
`finish` writes the end, `sweep` closes what was lost; `rules` say why a queued run does not run yet.
"""

from helix.services.runs import trial
from helix.services.runs.calls import FoundCall, call_of, calls_of, serialize_calls
from helix.services.runs.claim import Claim, Heartbeat, beat, claim, eligible_count
from helix.services.runs.execute import Interrupt, Interrupted, execute
from helix.services.runs.finish import hand_back
from helix.services.runs.preview import compose_preview, preview, size_of_skills, weigh_skills
from helix.services.runs.read import (
    answers_under_way,
    get,
    of,
    of_task,
    reasons_of,
    serialize,
    serialize_steps,
    with_results,
)
from helix.services.runs.sweep import lost_by, sweep
from helix.services.runs.turns import (
    Asked,
    Attempt,
    Incident,
    RunConversation,
    Turn,
    conversation_of,
    serialize_turns,
    turns_of,
)
from helix.services.work.cancelling import cancel, cancel_live
from helix.services.work.live_runs import agent_for, live_status, refuse_while_live
from helix.services.work.queueing import (
    refusal,
    start,
    start_after_rejection,
    start_auto,
    start_locked,
    start_mention,
)

__all__ = [
    "Asked",
    "Attempt",
    "Claim",
    "FoundCall",
    "Heartbeat",
    "Incident",
    "Interrupt",
    "Interrupted",
    "RunConversation",
    "Turn",
    "agent_for",
    "answers_under_way",
    "beat",
    "call_of",
    "calls_of",
    "cancel",
    "cancel_live",
    "claim",
    "compose_preview",
    "conversation_of",
    "eligible_count",
    "execute",
    "get",
    "hand_back",
    "live_status",
    "lost_by",
    "of",
    "of_task",
    "preview",
    "reasons_of",
    "refusal",
    "refuse_while_live",
    "serialize",
    "serialize_calls",
    "serialize_steps",
    "serialize_turns",
    "size_of_skills",
    "start",
    "start_after_rejection",
    "start_auto",
    "start_locked",
    "start_mention",
    "sweep",
    "trial",
    "turns_of",
    "weigh_skills",
    "with_results",
]
