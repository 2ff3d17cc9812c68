"""Which mind serves an endpoint."""

from helix.llm.demo import DemoMind
from helix.llm.interface import Endpoint, Mind
from helix.llm.litellm_client import LitellmMind
from helix.llm.providers import DEMO

_demo = DemoMind()
_litellm = LitellmMind()


def for_endpoint(endpoint: Endpoint) -> Mind:
    return _demo if endpoint.provider == DEMO else _litellm


def preload() -> None:
    """Import litellm now (2 to 3 s, 160 MB), so that processes forked from this one share it."""
    _litellm.preload()
