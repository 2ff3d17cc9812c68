"""The inbox."""

from helix.web.inbox import page

BLUEPRINTS = page.BLUEPRINTS
