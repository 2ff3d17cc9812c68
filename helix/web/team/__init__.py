"""The people, and who may do what on which board."""

from helix.web.team import levels, people

DOORS = [door for part in (levels, people) for door in part.DOORS]
