"""What fails for everyone is left alone for a while, instead of being hammered by every agent.

What cannot be connected to is an address: all models there wait. A rate limit, an error of the server or silence is a
model's: behind one gateway the others may work. Only when several models of an address fail, and no other one there
answered of late, does the whole address wait.
"""

from datetime import timedelta

from sqlalchemy import bindparam, delete, select, update

from helix import clock, queue
from helix.backoff import backoff
from helix.db.locking import lock
from helix.db.read import rows
from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import Agent, AiModel, ProviderCooldown, Run
from helix.models.types import UtcDateTime
from helix.models.vocabulary import FailureReason, RunStatus
from helix.services.work.rules import Model, is_usable_by_agent

FIRST_SECONDS = 5.0
LONGEST_SECONDS = 300.0
# How long a rate limit may ask for: it is one model's, and real ones are counted by the hour.
LONGEST_LIMIT_SECONDS = 3_600.0
# Of an address that several models speak against: shorter than the models' own waits soon are, so that one of it which
# works is asked before those that fail, and clears it.
SUSPECTED_SECONDS = 10.0
# A failure counts as evidence against its address for so long, and an answer as evidence for it.
FAILED_LATELY = timedelta(minutes=5)
ANSWERED_LATELY = timedelta(hours=1)
# What several models of one address have in common when the server behind it is down.
_OF_SERVERS = (FailureReason.PROVIDER_ERROR, FailureReason.TIMED_OUT)
_COOLING = select(ProviderCooldown.key).where(ProviderCooldown.key.in_((bindparam("own"), bindparam("address"))))


def note_failure(
    model_id: int, reason: FailureReason, *, answered: bool, provider_wide: bool = False, asked_seconds: float = 0
) -> None:
    """Start or extend the cool-down, unless the failure concerns this call only.

    `answered`: text was received before the failure. If a call timed out without any, others would time out, too.
    `asked_seconds`: how long the provider asked to wait.
    """
    if not provider_wide and (answered or reason != FailureReason.TIMED_OUT):
        return
    with transaction():
        model = db.session.get(AiModel, model_id)
        if model is None:
            return
        if reason == FailureReason.HOST_UNREACHABLE:
            _cool(model.cooldown_key, reason, asked_seconds)
            return
        limited = reason == FailureReason.RATE_LIMITED
        _cool(model.own_cooldown_key, reason, asked_seconds, most=LONGEST_LIMIT_SECONDS if limited else LONGEST_SECONDS)
        if reason in _OF_SERVERS and _address_fails(model):
            _cool(model.cooldown_key, reason, longest=SUSPECTED_SECONDS)


def note_success(model_id: int, address: str) -> None:
    """An answer came: neither the model nor its address (as in AiModel.cooldown_key) has to be left alone."""
    keys = {"own": AiModel.cooldown_key_of(model_id), "address": address}
    if not rows(_COOLING, **keys):
        return
    with transaction():
        _forget(*keys.values())


def lift(model: AiModel) -> None:
    """Inside a transaction: the model was changed, or a test of it succeeded. What waited for it may start at once."""
    with transaction() as after_commit:
        _forget(model.own_cooldown_key, model.cooldown_key)
        uses_it = select(Agent.id).join(Model, is_usable_by_agent).where(Model.id == model.id)
        retries = (
            update(Run)
            .where(Run.is_live, Run.status == RunStatus.QUEUED, Run.retry_of.is_not(None))
            .where(Run.not_before > bindparam("now", type_=UtcDateTime), Run.agent_id.in_(uses_it))
            .values(not_before=None)
            .execution_options(synchronize_session=False)
        )
        db.session.execute(retries, {"now": clock.now()})
        after_commit(queue.wake)


def _cool(
    key: str,
    reason: FailureReason,
    asked_seconds: float = 0,
    *,
    most: float = LONGEST_SECONDS,
    longest: float = LONGEST_SECONDS,
) -> None:
    """5 s, twice as long with each further failure up to `longest`, or what was asked for up to `most`."""
    row = lock(ProviderCooldown, key)
    if row is None:
        row = ProviderCooldown(key=key, failures=0)
        db.session.add(row)
    row.failures += 1
    wait = backoff(row.failures, first=FIRST_SECONDS, longest=longest)
    row.until = clock.now() + timedelta(seconds=max(wait, min(asked_seconds, most)))
    row.reason = reason
    db.session.flush()


def _address_fails(model: AiModel) -> bool:
    """Another model of the address fails, too, and none that does not fail answered of late."""
    now = clock.now()
    neighbours = db.session.scalars(
        select(AiModel).where(AiModel.provider == model.provider, AiModel.base_url.is_not_distinct_from(model.base_url))
    ).all()
    keys = {neighbour.own_cooldown_key: neighbour for neighbour in neighbours}
    cooling = select(ProviderCooldown.key).where(
        ProviderCooldown.key.in_(keys),
        ProviderCooldown.reason.in_(_OF_SERVERS),
        ProviderCooldown.until > now - FAILED_LATELY,
    )
    failing = [keys[key] for key in db.session.scalars(cooling)]
    # The same model entered twice is one model.
    if len({model.model_name for model in failing}) < 2:
        return False
    names = {model.model_name for model in failing}
    healthy = [neighbour.id for neighbour in neighbours if neighbour.model_name not in names]
    answered = select(Run.id).where(
        Run.status == RunStatus.SUCCEEDED, Run.finished_at > now - ANSWERED_LATELY, Run.ai_model_id.in_(healthy)
    )
    return db.session.scalar(answered.limit(1)) is None


def _forget(*keys: str) -> None:
    forget = delete(ProviderCooldown).where(ProviderCooldown.key.in_(keys))
    db.session.execute(forget.execution_options(synchronize_session="fetch"))
