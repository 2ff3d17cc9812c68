from dataclasses import replace

import pytest

from tests.support.telegram_house import TelegramHouse
from tests.support.telegram_server import TelegramServer


@pytest.fixture
def server():
    """Telegram, on this machine."""
    with TelegramServer() as server:
        yield server


@pytest.fixture
def telegram_house(house, server, people, make, monkeypatch):
    """The organization with its bot at that Telegram; Mia has linked her account."""
    monkeypatch.setitem(house.config, "HELIX", replace(house.config["HELIX"], telegram_api_url=server.url))
    return TelegramHouse(server, people, make)
