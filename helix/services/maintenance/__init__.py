"""Periodic work of the scheduler that holds the lease. Each part is safe to repeat."""

import time

from helix.services import accounts, agents, attachments, budgets, idempotency, requests, runs, skills
from helix.services.maintenance.deliveries import send_telegram, send_webhooks
from helix.services.maintenance.files import remove_orphans
from helix.services.maintenance.purging import purge_deleted_tasks, purge_deliveries, purge_past
from helix.services.maintenance.steady import SteadyClock
from helix.services.maintenance.tallies import fold_tallies

_clock = SteadyClock()
_last: dict[str, float] = {}


def tick() -> None:
    """One round: the sweeper every time, the rest at its own pace."""
    runs.sweep(close_silent=_clock.is_steady())
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
    if _due("tallies", 60):
        fold_tallies()
    if _due("attachments", 60):
        attachments.enqueue_overdue()
        skills.enqueue_overdue()
    if _due("idempotency_keys", 3600):
        idempotency.delete_expired()
    if _due("sessions_and_links", 3600):
        accounts.delete_expired()
    # Each round deletes for some seconds at most, so that the sweeper is never kept waiting: rounds come often.
    if _due("deleted_tasks", 60):
        purge_deleted_tasks()
    if _due("past", 60):
        purge_past()
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
