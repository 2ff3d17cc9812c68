"""The activity feed."""

from helix.web.activity import page

BLUEPRINTS = page.BLUEPRINTS
