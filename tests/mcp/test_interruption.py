"""A worker stops a call by raising from a signal handler, and its processes are forked."""

import os
import signal
import subprocess
import sys
import time

import pytest

from helix import mcp
from tests.mcp.conftest import ROOT, at, program
from tests.support.nasty_mcp_server import OLD
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


def test_an_exception_from_a_signal_comes_through_long_before_the_call_ends(nasty, sessions, stop_after):
    server = nasty()
    sessions.call(server, "echo", {})
    began = time.monotonic()
    stop_after(0.3)

    with pytest.raises(Stopped):
        sessions.call(server, "slow", {"seconds": 20})
    sessions.close()

    assert time.monotonic() - began < 10
    assert sessions.running() == 0


def test_an_exception_from_a_signal_comes_through_while_connecting(nasty, sessions, stop_after):
    server = nasty(start="never")
    began = time.monotonic()
    stop_after(0.3)

    with pytest.raises(Stopped):
        sessions.call(server, "echo", {})
    sessions.close()

    assert time.monotonic() - began < 10


def test_a_stopped_call_is_cancelled_at_the_server(sessions, nasty_http, stop_after):
    server = nasty_http(protocol=OLD)
    sessions.call(at(server), "echo", {})
    stop_after(0.3)

    with pytest.raises(Stopped):
        sessions.call(at(server), "slow", {"seconds": 20})

    wait_for(lambda: "notifications/cancelled" in server.notified, 5)


def test_after_a_stopped_call_the_next_one_works(nasty, sessions, stop_after):
    server = nasty()
    stop_after(0.5)
    with pytest.raises(Stopped):
        sessions.call(server, "slow", {"seconds": 20})

    assert sessions.call(server, "echo", {"text": "Hello"}) == mcp.CallResult("Hello")


def test_an_exception_from_a_signal_comes_through_at_any_moment_and_leaves_nothing(limits, stop_after):
    def call_for_ever(moment: float) -> None:
        with mcp.Sessions(limits) as sessions:
            stop_after(moment)
            while True:
                sessions.call(program(), "echo", {})

    for number in range(1, 15):
        with pytest.raises(Stopped):
            call_for_ever(number * 0.02)

    assert [path.name for path in limits.folder.iterdir() if path.is_dir()] == []
    with mcp.Sessions(limits) as sessions:
        assert sessions.call(program(), "echo", {"text": "Fine"}) == mcp.CallResult("Fine")


def test_children_of_a_process_that_has_called_can_call_too(nasty_http, limits):
    server = nasty_http()
    code = f"""
import os, sys
from pathlib import Path
from helix import mcp
from tests.mcp.conftest import program
mcp.preload()
http = mcp.HttpServer("h", {server.url!r}, allow_private=True, timeout_seconds=20)
limits = mcp.ProcessLimits(folder=Path({str(limits.folder)!r}))
def call(words):
    with mcp.Sessions(limits) as sessions:
        for one in (http, program(timeout_seconds=20)):
            print(sessions.call(one, "echo", {{"text": words}}).text, flush=True)
call("parent")
if os.fork() == 0:
    call("child")
    if os.fork() == 0:
        call("grandchild")
        os._exit(0)
    os.wait()
    sys.exit()
os.wait()
call("parent again")
"""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}

    done = subprocess.run(
        [sys.executable, "-W", "error::DeprecationWarning:helix", "-c", code],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )

    said = [who for who in ("parent", "child", "grandchild", "parent again") for _ in range(2)]
    assert done.stdout.splitlines() == said
    assert done.stderr == ""


def test_a_process_ends_although_its_sessions_are_open(nasty_http):
    server = nasty_http()
    code = f"""
from helix import mcp
sessions = mcp.Sessions()
sessions.call(mcp.HttpServer("h", {server.url!r}, allow_private=True), "echo", {{}})
"""

    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=30)

    assert (done.returncode, done.stderr) == (0, "")
