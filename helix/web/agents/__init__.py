"""Agents: their list, one of them, and what is done to it."""

from helix.web.agents import deeds, index, page

DOORS = [door for part in (deeds, index, page) for door in part.DOORS]
