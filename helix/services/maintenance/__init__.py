"""Periodic work of the scheduler that holds the lease. Each part is safe to repeat."""

import time
from typing import Any

from helix import clock, queue
from helix.db.transaction import end_reading
from helix.services import (
    accounts,
    agents,
    attachments,
    budgets,
    delegation,
    idempotency,
    requests,
    runs,
    schedules,
    skills,
    tools,
    workflows,
)
from helix.services.activity import outbox
from helix.services.deliveries import Channel
from helix.services.maintenance.purging import purge_deleted_tasks, purge_deliveries, purge_past, remove_orphans
from helix.services.maintenance.tallies import fold_tallies
from helix.services.telegram import TELEGRAM
from helix.services.webhooks import WEBHOOKS
from helix.services.work import links

# After a jump, until all workers have sent several heartbeats by the new time.
REST_SECONDS = 30.0
JUMP_SECONDS = 5.0
# The scheduler waits for messages that it sends itself, while its lease runs.
TIMEOUT_SECONDS = 3


class SteadyClock:
    """Whether the wall clock of this machine jumped: heartbeats cannot be judged then, and living workers look dead.

    Asked at every round. Wall-clock time is compared with the time since the machine started.
    """

    def __init__(self) -> None:
        self._offset: float | None = None
        self._rest_until = 0.0

    def is_steady(self) -> bool:
        """False from the round after a jump on, for half a minute."""
        offset = clock.now().timestamp() - time.monotonic()
        if self._offset is not None and abs(offset - self._offset) > JUMP_SECONDS:
            self._rest_until = time.monotonic() + REST_SECONDS
        self._offset = offset
        return time.monotonic() >= self._rest_until


_clock = SteadyClock()
_last: dict[str, float] = {}


def tick() -> None:
    """One round: the sweeper every time, the rest at its own pace."""
    runs.sweep(close_silent=_clock.is_steady())
    schedules.tick()
    if _due("workflow_waits", 5):
        workflows.resume_due()
    agents.resume_unfinished()
    if _due("telegram", 10):
        send_telegram()
    if _due("webhooks", 5):
        send_webhooks()
    if _due("requests", 5):
        requests.expire_due()
        requests.remind_due()
    if _due("budgets", 30):
        budgets.update_all_paused()
    if _due("links", 30):
        links.sweep()
        delegation.sweep()
    if _due("tallies", 60):
        fold_tallies()
    if _due("attachments", 60):
        attachments.enqueue_overdue()
        skills.enqueue_overdue()
    if _due("tool_sources", 300):
        tools.enqueue_due()
    if _due("idempotency_keys", 3600):
        idempotency.delete_expired()
    if _due("sessions_and_links", 3600):
        accounts.delete_expired()
    # Each round deletes for some seconds at most, so that the sweeper is never kept waiting: rounds come often.
    if _due("deleted_tasks", 60):
        purge_deleted_tasks()
    if _due("past", 60):
        purge_past()
    if _due("firings", 600):
        schedules.purge_firings()
    if _due("deliveries", 600):
        purge_deliveries()
    if _due("orphans", 12 * 3600):
        remove_orphans()


def _due(name: str, seconds: float) -> bool:
    now = time.monotonic()
    if now - _last.get(name, -seconds) < seconds:
        return False
    _last[name] = now
    return True


def send_telegram() -> None:
    """Send what is due although no job announces it: retries, and deliveries whose worker died."""
    _send_due(TELEGRAM, seconds=5)


def send_webhooks() -> None:
    outbox.catch_up()
    _send_due(WEBHOOKS, seconds=3)


def _send_due(channel: Channel[Any, Any, Any], *, seconds: float) -> None:
    """Wake a worker of the quick queue. Without one, send from here for a few seconds."""
    is_due = channel.is_due()
    end_reading()
    if not is_due or (queue.presence().quick and channel.wake_worker()):
        return
    channel.deliver_due(seconds=seconds, timeout=TIMEOUT_SECONDS)
