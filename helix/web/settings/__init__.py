"""The settings: what people change about themselves, and what admins decide for everyone."""

from helix.web.settings import budgets, exports, organization, profile, telegram, tokens, webhook_log, webhooks

DOORS = [
    door
    for part in (budgets, exports, organization, profile, telegram, tokens, webhook_log, webhooks)
    for door in part.DOORS
]
