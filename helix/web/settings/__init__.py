"""The settings: the user's own profile and tokens, and the organization's settings for admins."""

from helix.web.settings import (
    budgets,
    exports,
    organization,
    profile,
    telegram,
    tokens,
    tool_sources,
    tools,
    web_search,
    webhook_log,
    webhooks,
)

BLUEPRINTS = [
    blueprint
    for part in (
        budgets,
        exports,
        organization,
        profile,
        telegram,
        tokens,
        tool_sources,
        tools,
        web_search,
        webhook_log,
        webhooks,
    )
    for blueprint in part.BLUEPRINTS
]
