"""The dashboard."""

from helix.web.dashboard import page

BLUEPRINTS = page.BLUEPRINTS
