"""Placeholders in an agent's prompt: `{{org_name}}`, `{{agent_name}}`, `{{department}}`, `{{date}}`."""

import re

from helix.prompt.material import Agent, Organization

_PLACEHOLDER = re.compile(r"\{\{\s*(\w+)\s*\}\}")
NAMES = ("org_name", "agent_name", "department", "date")


def fill(text: str, agent: Agent, organization: Organization) -> str:
    """Fill the placeholders in one pass, so that values are not searched for placeholders. Unknown ones stay."""
    values = {
        "org_name": organization.name,
        "agent_name": agent.name,
        "department": agent.department,
        "date": organization.today.isoformat(),
    }
    return _PLACEHOLDER.sub(lambda match: values.get(match[1], match[0]), text)
