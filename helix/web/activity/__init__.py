"""What happened, in words."""

from helix.web.activity import page

BLUEPRINTS = page.BLUEPRINTS
