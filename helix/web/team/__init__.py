"""The team: people and their permissions on boards."""

from helix.web.team import levels, people

BLUEPRINTS = [blueprint for part in (levels, people) for blueprint in part.BLUEPRINTS]
