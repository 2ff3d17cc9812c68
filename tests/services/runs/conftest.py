import pytest

from helix.services import runs
from tests.support.model_server import ModelServer


@pytest.fixture(scope="session")
def provider():
    """An OpenAI-compatible server: the model's name says what it does."""
    with ModelServer() as server:
        yield server


@pytest.fixture
def model_that(make, provider):
    """A default model that behaves so: `model_that("rate-limited:7")`."""

    def _model_that(behaves: str, **fields):
        wanted = {"provider": "custom", "base_url": provider.openai_url, "display_name": behaves}
        return make.model(model_name=behaves, **(wanted | fields))

    return _model_that


@pytest.fixture
def work():
    """Do what a woken worker does, in this process."""

    def _work(worker: str = "a worker"):
        claim = runs.claim(worker)
        assert claim is not None, "nothing may start"
        runs.execute(claim)
        return claim

    return _work
