"""Requests to people: a run asks, one person answers, and the run goes on.

`ask` is for the run's loop, `answer` for people, `expire_due` and `remind_due` for the scheduler.
"""

from helix.services.requests.answer import Answer, Outcome, answer, answer_many
from helix.services.requests.ask import LONGEST_TITLE, ask
from helix.services.requests.expiry import expire_due, remind_due
from helix.services.requests.read import (
    Found,
    RequestFilter,
    allowed_for_run,
    answerable,
    answerable_ids,
    extra_usd,
    get,
    is_budget_denied,
    is_call_allowed,
    list_requests,
    may_answer,
    open_for,
    open_of_run,
    serialize,
)
from helix.services.work.open_requests import has_open, withdraw_open

__all__ = [
    "LONGEST_TITLE",
    "Answer",
    "Found",
    "Outcome",
    "RequestFilter",
    "allowed_for_run",
    "answer",
    "answer_many",
    "answerable",
    "answerable_ids",
    "ask",
    "expire_due",
    "extra_usd",
    "get",
    "has_open",
    "is_budget_denied",
    "is_call_allowed",
    "list_requests",
    "may_answer",
    "open_for",
    "open_of_run",
    "remind_due",
    "serialize",
    "withdraw_open",
]
