"""The settings: what people change about themselves, and what admins decide for everyone."""

from helix.web.settings import exports, organization, profile, tokens, webhook_log, webhooks

DOORS = [door for part in (exports, organization, profile, tokens, webhook_log, webhooks) for door in part.DOORS]
