"""What waits for somebody."""

from helix.web.inbox import page

BLUEPRINTS = page.BLUEPRINTS
