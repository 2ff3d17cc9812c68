"""A worker stops a call by raising from a signal handler; litellm passes the exception through at any moment."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from helix.llm import call_in_thread
from tests.llm.conftest import ask
from tests.support.waiting import wait_for


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


@pytest.fixture
def stopping(server, stop_after):
    """Names of models whose provider has this process stopped in the middle of its answer, and then goes on with it."""

    def silent(reply):
        send_stop()
        reply.wait(60)

    def speaking(reply):
        reply.open()
        reply.piece("Hello")
        send_stop()
        reply.wait(60)

    def commenting(reply):
        reply.open()
        reply.raw(b": still here\n\n")
        send_stop()
        for _ in range(600):
            reply.raw(b": still here\n\n")
            reply.wait(0.1)

    for behaviour in (silent, speaking, commenting):
        server.behave(f"stopping-{behaviour.__name__}", behaviour)


def send_stop():
    """Not a timer: the call is under way for certain, however slow the machine is."""
    os.kill(os.getpid(), signal.SIGALRM)


@pytest.mark.usefixtures("stopping")
@pytest.mark.parametrize("model", ["stopping-silent", "stopping-speaking", "stopping-commenting"])
def test_exception_from_a_signal_comes_through_long_before_the_call_ends(model, endpoint):
    started = time.monotonic()

    with pytest.raises(Stopped):
        ask(endpoint(model), timeout_seconds=50)

    assert time.monotonic() - started < 25


@pytest.mark.usefixtures("stopping")
def test_exception_from_a_signal_comes_through_while_a_name_is_looked_up(endpoint, monkeypatch):
    release = threading.Event()

    def resolve(host, port):
        send_stop()
        release.wait(50)
        return []

    monkeypatch.setattr("helix.outgoing.network.resolve", resolve)
    started = time.monotonic()

    with pytest.raises(Stopped):
        ask(endpoint("ok", base_url="http://slow-name.example/v1"), timeout_seconds=50)

    release.set()
    assert time.monotonic() - started < 25


def test_an_exception_from_a_signal_comes_through_at_any_moment_of_a_busy_stream(endpoint, stop_after):
    busy = endpoint("huge:stop")

    for moment in range(1, 31):
        stop_after(moment * 0.004)
        # The rest of the answer takes longer than the alarm: nothing but the exception can end the call first.
        with pytest.raises(Stopped):
            ask(busy, max_tokens=500_000, on_text=lambda _: time.sleep(0.01))


@pytest.mark.usefixtures("stopping")
def test_a_stopped_call_hangs_up_on_the_provider(endpoint, server):
    with pytest.raises(Stopped):
        ask(endpoint("stopping-commenting:hang-up"), timeout_seconds=30)

    wait_for(lambda: server.asked("stopping-commenting:hang-up")[-1].broken, 20)


@pytest.mark.usefixtures("stopping")
def test_a_stopped_call_leaves_no_thread_behind(endpoint):
    with pytest.raises(Stopped):
        ask(endpoint("stopping-silent"), timeout_seconds=30)

    wait_for(lambda: "helix-llm-call" not in {thread.name for thread in threading.enumerate()}, 20)


def test_a_call_that_is_stopped_while_its_thread_starts_hangs_up(monkeypatch):
    class Started(threading.Thread):
        def start(self):
            super().start()
            raise Stopped

    hung_up = threading.Event()
    monkeypatch.setattr(threading, "Thread", Started)

    with pytest.raises(Stopped):
        next(call_in_thread.iterate(lambda: ["Hello"], seconds=5, hang_up=hung_up.set))

    assert hung_up.is_set()


@pytest.mark.usefixtures("stopping")
def test_after_a_stopped_call_the_next_one_works(endpoint):
    with pytest.raises(Stopped):
        ask(endpoint("stopping-silent"), timeout_seconds=30)

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
