"""Coming in: by password, through another service, by a one-time link."""

from helix.web.sign_in import links, oidc, page

DOORS = [door for part in (oidc, links, page) for door in part.DOORS]
