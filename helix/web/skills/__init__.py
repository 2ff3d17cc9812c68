"""Skills: their list, one of them with its editor and versions, its files."""

from helix.web.skills import files, index, page

BLUEPRINTS = [blueprint for part in (files, index, page) for blueprint in part.BLUEPRINTS]
