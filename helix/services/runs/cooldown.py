"""A provider that fails for everyone is left alone for a while, instead of being hammered by every agent."""

from datetime import timedelta

from helix import clock, llm
from helix.extensions import db
from helix.models import ProviderCooldown
from helix.transaction import transaction

FIRST_SECONDS = 5.0
LONGEST_SECONDS = 300.0


def note_failure(key: str, failure: llm.ModelFailure) -> None:
    """Begin or lengthen the cool-down, if the failure is the provider's and not this one call's."""
    if not failure.provider_wide:
        return
    with transaction():
        row = db.session.get(ProviderCooldown, key, with_for_update=True, populate_existing=True)
        failures = row.failures + 1 if row else 1
        wait = min(FIRST_SECONDS * 2 ** (failures - 1), LONGEST_SECONDS)
        until = clock.now() + timedelta(seconds=max(wait, failure.retry_after or 0))
        if row is None:
            row = ProviderCooldown(key=key)
            db.session.add(row)
        row.failures, row.until, row.reason = failures, until, failure.reason


def note_success(key: str) -> None:
    if db.session.get(ProviderCooldown, key) is None:
        return
    with transaction():
        row = db.session.get(ProviderCooldown, key, with_for_update=True, populate_existing=True)
        if row is not None:
            db.session.delete(row)
