"""Every UI component in all its states, for design work. Debug mode only."""

from helix.web.dev import page

BLUEPRINTS = page.BLUEPRINTS
