"""A provider that fails for everyone is left alone for a while, instead of being hammered by every agent."""

from datetime import timedelta

from sqlalchemy import bindparam, select

from helix import clock, llm
from helix.extensions import db
from helix.models import ProviderCooldown
from helix.models.vocabulary import FailureReason
from helix.rows import rows
from helix.transaction import transaction

FIRST_SECONDS = 5.0
LONGEST_SECONDS = 300.0
_COOLING = select(ProviderCooldown.key).where(ProviderCooldown.key == bindparam("key"))


def note_failure(key: str, failure: llm.ModelFailure) -> None:
    """Begin or lengthen the cool-down, if the failure is the provider's and not this one call's."""
    if failure.provider_wide:
        _cool_down(key, failure.reason, failure.retry_after or 0)


def note_silence(key: str) -> None:
    """A call had all the time of a run and did not get a word: others would wait as long."""
    _cool_down(key, FailureReason.TIMED_OUT)


def _cool_down(key: str, reason: FailureReason, asked_seconds: float = 0) -> None:
    with transaction():
        row = db.session.get(ProviderCooldown, key, with_for_update=True, populate_existing=True)
        failures = row.failures + 1 if row else 1
        wait = min(FIRST_SECONDS * 2 ** (failures - 1), LONGEST_SECONDS)
        until = clock.now() + timedelta(seconds=max(wait, asked_seconds))
        if row is None:
            row = ProviderCooldown(key=key)
            db.session.add(row)
        row.failures, row.until, row.reason = failures, until, reason


def note_success(key: str) -> None:
    if not rows(_COOLING, key=key):
        return
    with transaction():
        row = db.session.get(ProviderCooldown, key, with_for_update=True, populate_existing=True)
        if row is not None:
            db.session.delete(row)
