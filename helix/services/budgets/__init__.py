"""Monthly budgets: spending, reservations for running calls, and limits."""

from helix.services.budgets.limits import check_limits, lift, update_all_paused, update_paused
from helix.services.budgets.months import (
    ORGANIZATION,
    locked_month,
    month_now,
    organization_is_exhausted,
    scope_of,
    spent_in,
    spent_this_month,
)
from helix.services.budgets.overview import BudgetState, lift_organization, overview, serialize
from helix.services.budgets.reserve import (
    Reservation,
    Trial,
    correct,
    pay_ahead,
    release,
    reserve,
    settle,
    shared_refusal,
)
from helix.services.budgets.shared_limits import SharedLimit, shared_limits

__all__ = [
    "ORGANIZATION",
    "BudgetState",
    "Reservation",
    "SharedLimit",
    "Trial",
    "check_limits",
    "correct",
    "lift",
    "lift_organization",
    "locked_month",
    "month_now",
    "organization_is_exhausted",
    "overview",
    "pay_ahead",
    "release",
    "reserve",
    "scope_of",
    "serialize",
    "settle",
    "shared_limits",
    "shared_refusal",
    "spent_in",
    "spent_this_month",
    "update_all_paused",
    "update_paused",
]
