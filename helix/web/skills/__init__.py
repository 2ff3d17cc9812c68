"""Skills: their list and import, one skill with editor and versions, and its files."""

from helix.web.skills import files, index, page

BLUEPRINTS = [blueprint for part in (files, index, page) for blueprint in part.BLUEPRINTS]
