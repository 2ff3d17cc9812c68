"""The settings: what people change about themselves, and what admins decide for everyone."""

from helix.web.settings import budgets, exports, organization, profile, telegram, tokens, webhook_log, webhooks

BLUEPRINTS = [
    blueprint
    for part in (budgets, exports, organization, profile, telegram, tokens, webhook_log, webhooks)
    for blueprint in part.BLUEPRINTS
]
