"""Coming in: by password, through another service, by a one-time link."""

from helix.web.sign_in import elsewhere, links, page

DOORS = [door for part in (elsewhere, links, page) for door in part.DOORS]
