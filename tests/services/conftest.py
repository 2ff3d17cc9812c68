from dataclasses import replace

import pytest

from tests.support.telegram_app import TelegramApp
from tests.support.telegram_server import TelegramServer


@pytest.fixture
def server():
    """Telegram, on this machine."""
    with TelegramServer() as server:
        yield server


@pytest.fixture
def telegram_app(clean_app, server, people, make, monkeypatch):
    """The organization with its bot at that Telegram; Mia has linked her account."""
    monkeypatch.setitem(clean_app.config, "HELIX", replace(clean_app.config["HELIX"], telegram_api_url=server.url))
    return TelegramApp(server, people, make)
