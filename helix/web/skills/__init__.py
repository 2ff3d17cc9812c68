"""Skills: their list, one of them with its editor and versions, its files."""

from helix.web.skills import files, index, page

DOORS = [door for part in (files, index, page) for door in part.DOORS]
