"""What a person wants to be told: by type in the app and in Telegram, and until when nothing at all.

A type that is switched off in the app is still listed, as read. A snooze hides the bell's number and sends nothing to
Telegram; the notifications of that time are unread afterwards.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, select, true

from helix import clock, live
from helix.clock import iso
from helix.db.read import rows
from helix.db.transaction import transaction
from helix.errors import Invalid
from helix.models import User
from helix.models.vocabulary import NotificationType
from helix.policies.actor import Actor
from helix.services.accounts import lookup
from helix.services.notifications.counters import USER_ID
from helix.text import times

CHANNELS = ("app", "telegram")
LONGEST_SNOOZE = timedelta(days=31)
MORNING = timedelta(hours=9)
_SNOOZED = select(User.snoozed_until).where(User.id == USER_ID)


def muted_in_app(type_: NotificationType) -> ColumnElement[bool]:
    """A condition on User: notifications of this type are not to raise the bell's number."""
    wanted = User.notification_settings[(str(type_), "app")].as_boolean()
    return ~func.coalesce(wanted, true())


def settings_of(actor: Actor) -> dict[str, Any]:
    """{"types": {type: {"app": bool, "telegram": bool}} of every type, "snoozed_until": ISO 8601 or None}."""
    user = lookup.me(actor)
    return _serialize(user)


def change(actor: Actor, sent: Mapping[str, Any]) -> dict[str, Any]:
    """Change what was sent: `types` (only the named types and channels), `snoozed_until` (None ends a snooze).

    Raises Invalid for a time that is past or more than a month away.
    """
    with transaction() as after_commit:
        user = lookup.own(actor)
        if "types" in sent:
            stored = {name: dict(channels) for name, channels in user.notification_settings.items()}
            for name, channels in sent["types"].items():
                stored.setdefault(str(name), {}).update(channels)
            user.notification_settings = stored
        if "snoozed_until" in sent:
            user.snoozed_until = _checked(sent["snoozed_until"])
        after_commit(live.publish, "notification", user_id=user.id)
    return _serialize(user)


def snooze_end(choice: str, zone: str) -> datetime | None:
    """When "hour", "tomorrow" (9 in the morning) or "monday" is over in the person's time zone; None for "off"."""
    now = clock.now()
    today = times.today(now, zone)
    if choice == "hour":
        return now + timedelta(hours=1)
    if choice == "tomorrow":
        return times.start_of_day(today + timedelta(days=1), zone) + MORNING
    if choice == "monday":
        return times.start_of_day(times.start_of_week(today) + timedelta(days=7), zone) + MORNING
    if choice == "off":
        return None
    raise Invalid.field("until", "Choose an hour, tomorrow or Monday.")


def snoozed_until(actor: Actor) -> datetime | None:
    """The end of the actor's snooze, if there is one: the bell shows no number until then."""
    return snoozing(rows(_SNOOZED, user_id=actor.user_id)[0].snoozed_until)


def snoozing(until: datetime | None) -> datetime | None:
    """The end of a snooze that is not over."""
    return until if until and until > clock.now() else None


def _checked(until: datetime | None) -> datetime | None:
    if until is None:
        return None
    now = clock.now()
    if not now < until <= now + LONGEST_SNOOZE:
        raise Invalid.field("snoozed_until", "Choose a time within the next 31 days.")
    return until


def _serialize(user: User) -> dict[str, Any]:
    stored = user.notification_settings
    return {
        "types": {
            str(type_): {channel: stored.get(str(type_), {}).get(channel, True) for channel in CHANNELS}
            for type_ in NotificationType
        },
        "snoozed_until": iso(snoozing(user.snoozed_until)),
    }
