"""The people, and who may do what on which board."""

from helix.web.team import levels, people

BLUEPRINTS = [blueprint for part in (levels, people) for blueprint in part.BLUEPRINTS]
