"""Agents: their list and import, one agent, and its actions."""

from helix.web.agents import actions, importing, index, page, tools, trying

BLUEPRINTS = [blueprint for part in (actions, importing, index, page, tools, trying) for blueprint in part.BLUEPRINTS]
