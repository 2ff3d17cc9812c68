"""Signing in: by password, by OpenID Connect, by a one-time link."""

from helix.web.sign_in import links, oidc, page

BLUEPRINTS = [blueprint for part in (oidc, links, page) for blueprint in part.BLUEPRINTS]
