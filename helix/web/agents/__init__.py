"""Agents: their list and import, one agent, and its actions."""

from helix.web.agents import actions, from_template, importing, index, page, picture, tools, trying

PARTS = (actions, from_template, importing, index, page, picture, tools, trying)
BLUEPRINTS = [blueprint for part in PARTS for blueprint in part.BLUEPRINTS]
