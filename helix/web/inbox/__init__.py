"""What waits for somebody."""

from helix.web.inbox import page

DOORS = page.DOORS
