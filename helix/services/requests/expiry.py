"""Requests that nobody answers: a reminder after a day, and an end when their time is over."""

import logging
from datetime import timedelta

from sqlalchemy import select

from helix import clock, live
from helix.db.locking import lock
from helix.db.transaction import end_reading, transaction
from helix.extensions import db
from helix.models import Agent, HumanRequest, Run, Task
from helix.models.vocabulary import RequestKind, RequestState
from helix.policies.actor import SYSTEM
from helix.services import activity, notifications
from helix.services.requests import effects
from helix.services.requests.locked import locked
from helix.services.work.open_requests import UNANSWERED, is_open

log = logging.getLogger(__name__)

REMINDED_AFTER = timedelta(days=1)
# A round of the scheduler takes as many at most, and goes on in the next one.
AT_ONCE = 100


def expire_due() -> int:
    """Close the open requests whose time is over, and let their runs go on. How many."""
    due = select(HumanRequest.id).where(is_open, HumanRequest.expires_at <= clock.now())
    ids = list(db.session.scalars(due.order_by(HumanRequest.expires_at).limit(AT_ONCE)))
    end_reading()
    return sum(_expire(request_id) for request_id in ids)


def _expire(request_id: int) -> bool:
    with transaction() as after_commit:
        found = locked(request_id)
        if found is None or found.request.state != RequestState.OPEN or found.request.expires_at > clock.now():
            return False
        task, run, call, request = found
        if run is None:
            request.state = RequestState.WITHDRAWN
            notifications.request_closed(request)
            after_commit(live.publish, "request", request.id, board_id=task.board_id, task_id=task.id)
            return True
        request.state = RequestState.EXPIRED
        if call is not None and request.kind != RequestKind.BUDGET and call.state in UNANSWERED:
            effects.expired(run, call, request)
        activity.record_task(
            SYSTEM,
            "request.expired",
            task,
            request_id=request.id,
            run_id=run.id,
            kind=request.kind,
            on_expiry=request.on_expiry,
        )
        effects.resume(task, run, request)
    return True


def remind_due() -> int:
    """Tell people once more of requests that are open for a day. How many."""
    now = clock.now()
    waiting = (is_open, HumanRequest.reminded.is_(False), HumanRequest.created_at <= now - REMINDED_AFTER)
    due = select(HumanRequest.id).where(*waiting, HumanRequest.expires_at > now).order_by(HumanRequest.id)
    ids = list(db.session.scalars(due.limit(AT_ONCE)))
    end_reading()
    return sum(_remind(request_id) for request_id in ids)


def _remind(request_id: int) -> bool:
    with transaction():
        request = lock(HumanRequest, request_id)
        if request is None or request.state != RequestState.OPEN or request.reminded:
            return False
        request.reminded = True
        task, run = db.session.get_one(Task, request.task_id), db.session.get_one(Run, request.run_id)
        agent = db.session.get_one(Agent, run.agent_id)
        notifications.request_asked(task, run, request, by=agent.name, again=True)
    return True
