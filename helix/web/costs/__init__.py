"""What a month cost."""

from helix.web.costs import page

BLUEPRINTS = page.BLUEPRINTS
