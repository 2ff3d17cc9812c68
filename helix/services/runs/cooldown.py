"""A provider that fails for everyone is left alone for a while, instead of being hammered by every agent."""

from datetime import timedelta

from sqlalchemy import bindparam, select

from helix import clock
from helix.extensions import db
from helix.models import ProviderCooldown
from helix.models.vocabulary import FailureReason
from helix.rows import rows
from helix.transaction import transaction

FIRST_SECONDS = 5.0
LONGEST_SECONDS = 300.0
_COOLING = select(ProviderCooldown.key).where(ProviderCooldown.key == bindparam("key"))


def note_failure(
    key: str, reason: FailureReason, *, answered: bool, provider_wide: bool = False, asked_seconds: float = 0
) -> None:
    """Begin or lengthen the cool-down, if the failure is the provider's and not this one call's.

    `answered`: a word came before it. Of a call that had all the time of a run and got none, others would wait as long.
    `asked_seconds`: how long the provider wants to be left alone.
    """
    if not provider_wide and (answered or reason != FailureReason.TIMED_OUT):
        return
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
