"""What a month cost."""

from helix.web.costs import page

DOORS = page.DOORS
