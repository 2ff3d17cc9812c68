"""Money: what a month has cost, what calls under way may still cost, and where it stops."""

from helix.services.budgets.months import ORGANIZATION, month_now, organization_is_out, scope_of, spent_this_month
from helix.services.budgets.reserve import Reserved, release, reserve, settle

__all__ = [
    "ORGANIZATION",
    "Reserved",
    "month_now",
    "organization_is_out",
    "release",
    "reserve",
    "scope_of",
    "settle",
    "spent_this_month",
]
