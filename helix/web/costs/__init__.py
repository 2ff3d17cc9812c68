"""The costs page."""

from helix.web.costs import page

BLUEPRINTS = page.BLUEPRINTS
