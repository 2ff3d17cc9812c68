"""A worker stops a call by raising from a signal handler; litellm passes the exception through at any moment."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from tests.llm.conftest import ask


class Stopped(BaseException):
    """What the worker raises."""


@pytest.fixture
def stop_after():
    def stop(*_: object) -> None:
        raise Stopped

    previous = signal.signal(signal.SIGALRM, stop)
    yield lambda seconds: signal.setitimer(signal.ITIMER_REAL, seconds)
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, previous)


@pytest.mark.parametrize("behaviour", ["silence:stop", "slow-pieces:0.2", "drip:stop"])
def test_an_exception_from_a_signal_comes_through_at_once(behaviour, endpoint, stop_after):
    started = time.monotonic()
    stop_after(0.4)

    with pytest.raises(Stopped):
        ask(endpoint(behaviour), timeout_seconds=30)

    assert time.monotonic() - started < 1.5


def test_an_exception_from_a_signal_comes_through_while_a_name_is_looked_up(endpoint, stop_after, monkeypatch):
    release = threading.Event()
    monkeypatch.setattr("helix.outgoing.network.resolve", lambda host, port: release.wait(20) and [])
    stop_after(0.3)
    started = time.monotonic()

    with pytest.raises(Stopped):
        ask(endpoint("ok", base_url="http://slow-name.example/v1"), timeout_seconds=30)

    release.set()
    assert time.monotonic() - started < 1.5


def test_an_exception_from_a_signal_comes_through_at_any_moment_of_a_busy_stream(endpoint, stop_after):
    busy = endpoint("huge:stop")

    for moment in range(1, 31):
        stop_after(moment * 0.004)
        # The rest of the answer takes longer than the alarm: nothing but the exception can end the call first.
        with pytest.raises(Stopped):
            ask(busy, max_tokens=500_000, on_text=lambda _: time.sleep(0.01))


def test_a_stopped_call_hangs_up_on_the_provider(endpoint, server, stop_after):
    stop_after(2)  # a first call may take its time to be sent

    with pytest.raises(Stopped):
        ask(endpoint("drip:hang-up"), timeout_seconds=30)

    deadline = time.monotonic() + 20
    while not server.asked("drip:hang-up")[-1].broken and time.monotonic() < deadline:
        time.sleep(0.05)
    assert server.asked("drip:hang-up")[-1].broken


def test_a_stopped_call_leaves_no_thread_behind(endpoint, stop_after):
    stop_after(0.3)

    with pytest.raises(Stopped):
        ask(endpoint("silence:thread"), timeout_seconds=30)

    deadline = time.monotonic() + 20
    while "helix-llm-call" in {thread.name for thread in threading.enumerate()} and time.monotonic() < deadline:
        time.sleep(0.05)
    assert "helix-llm-call" not in {thread.name for thread in threading.enumerate()}


def test_after_a_stopped_call_the_next_one_works(endpoint, stop_after):
    stop_after(0.2)
    with pytest.raises(Stopped):
        ask(endpoint("silence"), timeout_seconds=30)

    answer = ask(endpoint("ok"))

    assert answer.finish_reason == "stop"


def test_children_of_a_loaded_process_can_call_and_leave_no_threads(server):
    program = f"""
import os, threading
from helix import llm
llm.preload()
assert threading.active_count() == 1, threading.enumerate()
endpoint = llm.Endpoint("custom", "ok", {server.openai_url!r}, allow_private_addresses=True)
if os.fork() == 0:
    client = llm.for_endpoint(endpoint)
    answer = client.complete(endpoint, [llm.Message("user", "Hello")], max_tokens=9, timeout_seconds=9)
    print(answer.text, threading.active_count(), flush=True)
    os._exit(0)
os.wait()
"""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}

    done = subprocess.run(
        [sys.executable, "-W", "error::DeprecationWarning:helix", "-c", program],
        capture_output=True,
        text=True,
        env=environment | {"PYTHONPATH": ":".join(sys.path)},
        timeout=60,
    )

    assert done.stdout == "Hello from the test model. 1\n"
    assert done.stderr == ""
