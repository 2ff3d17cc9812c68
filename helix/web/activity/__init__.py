"""What happened, in words."""

from helix.web.activity import page

DOORS = page.DOORS
