"""Waits for conditions in other processes and threads; finds free ports."""

import socket
import time
from collections.abc import Callable
from typing import Any

import httpx


def wait_for(fact: Callable[[], Any], seconds: float = 20.0, what: str = "it") -> Any:
    """Until `fact` is true; gives its answer. A request that fails meanwhile is tried again."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            if answer := fact():
                return answer
        except (httpx.HTTPError, AssertionError):
            pass
        assert time.monotonic() < deadline, f"waited {seconds:.0f} s for {what}"
        time.sleep(0.02)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
