"""Every component in all its states, for whoever changes the look. Registered in debug alone."""

from helix.web.dev import page

BLUEPRINTS = page.BLUEPRINTS
