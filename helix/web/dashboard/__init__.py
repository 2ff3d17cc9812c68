"""The first page."""

from helix.web.dashboard import page

BLUEPRINTS = page.BLUEPRINTS
