"""Agents: their list and import, one agent, and its actions."""

from helix.web.agents import actions, importing, index, page, tools

BLUEPRINTS = [blueprint for part in (actions, importing, index, page, tools) for blueprint in part.BLUEPRINTS]
