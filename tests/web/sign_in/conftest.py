"""What several files of this door need."""

import pytest

from helix.policies.actor import SYSTEM
from helix.services import accounts
from tests.support.oidc_provider import OidcProvider
from tests.support.oidc_sign_in import NINA, configure


@pytest.fixture
def provider(clean_app, monkeypatch):
    """Set up in this installation, with Nina in front of it."""
    with OidcProvider(person=dict(NINA)) as running:
        configure(clean_app, monkeypatch, running)
        yield running


@pytest.fixture
def nina(ada):
    """She was made by an admin, and has neither a password nor a link so far."""
    return accounts.create(SYSTEM, name="Nina Berg", email="Nina@Example.com", password=None)
