"""Agents: their list, one of them, and what is done to it."""

from helix.web.agents import actions, importing, index, page

DOORS = [door for part in (actions, importing, index, page) for door in part.DOORS]
