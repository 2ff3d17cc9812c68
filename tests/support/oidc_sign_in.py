"""Steps of a sign-in with OpenID Connect."""

from dataclasses import replace
from urllib.parse import urlsplit

import httpx
from sqlalchemy import select

from helix.extensions import db
from helix.models import BrowserSession
from helix.settings.oidc import OidcSettings
from tests.support.oidc_provider import CLIENT_ID, CLIENT_SECRET

NINA = {"sub": "u-77", "email": "nina@example.com", "email_verified": True, "name": "Nina"}


def configure(clean_app, monkeypatch, provider, **more):
    chosen = OidcSettings(
        issuer=provider.issuer, client_id=CLIENT_ID, client_secret=CLIENT_SECRET, name="Keycloak", **more
    )
    monkeypatch.setitem(clean_app.config, "HELIX", replace(clean_app.config["HELIX"], oidc=chosen))


def visit_provider(pages, address="/sign-in/oidc"):
    """Starts the sign-in; the callback address that the provider redirects to."""
    reply = pages.get(address)
    assert reply.status_code == 303, reply.text
    back = urlsplit(httpx.get(reply.location).headers["Location"])
    return f"{back.path}?{back.query}"


def return_from_provider(pages, back):
    """Opens the callback address; after a refusal, returns the sign-in page with the reason."""
    reply = pages.get(back)
    if reply.status_code == 303 and reply.location.startswith("/sign-in"):
        assert "code=" not in reply.location
        return pages.get(reply.location)
    return reply


def sign_in_at_provider(pages, address="/sign-in/oidc"):
    """A complete sign-in through the provider."""
    return return_from_provider(pages, visit_provider(pages, address))


def assert_refused(reply, status, words):
    assert reply.status_code == status, reply.text
    assert words in reply.text
    assert db.session.scalar(select(BrowserSession.id)) is None
