"""Money: what a month has cost, what calls under way may still cost, and where it stops."""

from helix.services.budgets.months import (
    ORGANIZATION,
    locked_month,
    month_now,
    organization_is_out,
    scope_of,
    spent_in,
    spent_this_month,
)
from helix.services.budgets.reserve import Reserved, release, reserve, settle

# isort: split
# After the rest: the news that it sends know of runs, and runs of reservations.
from helix.services.budgets.limits import heed, lift, look_again, look_at_all
from helix.services.budgets.overview import Standing, lift_organization, overview, shown

__all__ = [
    "ORGANIZATION",
    "Reserved",
    "Standing",
    "heed",
    "lift",
    "lift_organization",
    "locked_month",
    "look_again",
    "look_at_all",
    "month_now",
    "organization_is_out",
    "overview",
    "release",
    "reserve",
    "scope_of",
    "settle",
    "shown",
    "spent_in",
    "spent_this_month",
]
