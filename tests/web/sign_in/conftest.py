"""Fixtures of several sign-in tests."""

import pytest

from helix.policies.actor import SYSTEM
from helix.services import accounts
from tests.support.oidc_provider import OidcProvider
from tests.support.oidc_sign_in import NINA, configure


@pytest.fixture
def provider(clean_app, monkeypatch):
    """A running provider, configured in this installation, where Nina is signed in."""
    with OidcProvider(person=dict(NINA)) as running:
        configure(clean_app, monkeypatch, running)
        yield running


@pytest.fixture
def nina(ada):
    """An account without a password and without a linked identity."""
    return accounts.create(SYSTEM, name="Nina Berg", email="Nina@Example.com", password=None)
