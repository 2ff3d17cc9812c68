"""The first page."""

from helix.web.dashboard import page

DOORS = page.DOORS
