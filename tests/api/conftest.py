"""Fixtures of several API tests."""

import pytest

from tests.support.models import gpt


@pytest.fixture
def model(api, ada):
    """The reference's model, made by its own request."""
    return api.as_(ada).post("/api/models/", json=gpt(base_url="https://api.openai.com/v1")).json
