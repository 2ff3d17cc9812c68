"""Clients that send, read or hang up slowly, against gunicorn with our settings; and how patience is counted."""

import http.client
import itertools
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager

import psutil
import pytest

from helix import slow_clients
from helix.slow_clients import MAX_BUFFERED_HEAD, IncomingRequest, TimeBudget
from tests.supervisor.installation import ROOT
from tests.support.waiting import free_port, wait_for

# A patience of one second: else each test would take a quarter of a minute.
APPLICATION = """
from helix import shutdown, slow_clients

slow_clients.TIME_BUDGET_SECONDS = 1.0

def app(environ, start_response):
    path = environ["PATH_INFO"]
    body = environ["wsgi.input"].read() if environ["REQUEST_METHOD"] == "POST" else b""
    if path == "/stream":
        start_response("200 OK", [("Content-Type", "text/event-stream")])
        return stream()
    text = b"x" * 30_000_000 if path == "/much" else f"{environ['REQUEST_METHOD']} {path} {len(body)}".encode()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(text)))])
    return [text]

def stream():
    yield b": hello\\n\\n"
    while not shutdown.wait(0.5):
        yield b": still here\\n\\n"
"""
MANY = 700


@contextmanager
def serving(folder, **environment):
    (folder / "answering.py").write_text(APPLICATION)
    port = free_port()
    process = psutil.Popen(
        [sys.executable, "-m", "gunicorn", "-c", str(ROOT / "gunicorn.conf.py"), "answering:app"],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(folder),
            "DATA_DIR": str(folder / "data"),
            "PORT": str(port),
            **environment,
        },
        stdout=subprocess.DEVNULL,
    )
    try:
        wait_for(lambda: answer_of(port))
        yield port
    finally:
        for one in [*process.children(recursive=True), process]:
            one.send_signal(signal.SIGKILL)
        process.wait()


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("server")) as found:
        yield found


@pytest.fixture
def few_threads(tmp_path):
    """A server of eight threads, of which two may read long bodies."""
    with serving(tmp_path, WEB_THREADS="8") as found:
        yield found


def answer_of(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().read()
    except OSError:
        return b""
    finally:
        connection.close()


@contextmanager
def clients(port, number, sending):
    opened = []
    try:
        for _ in range(number):
            opened.append(socket.create_connection(("127.0.0.1", port), timeout=20))
            opened[-1].sendall(sending)
        yield opened
    finally:
        for one in opened:
            one.close()


def ended(client):
    """Whether the server hangs up, reading what it says before that."""
    client.settimeout(20)
    said = b""
    try:
        while piece := client.recv(65536):
            said += piece
    except ConnectionResetError:
        pass
    return said


def drip(client, *, seconds):
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        client.sendall(b"x")
        time.sleep(0.2)


HEAD = b"POST /form HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"
SLOW = {
    "nothing": b"",
    "half a head": b"GET / HTTP/1.1\r\nHost: x\r\n",
    "half a form": HEAD % 100 + b"email=",
    "a little of an upload": HEAD % 10_000_000 + b"x" * 100,
    "half a chunked body": b"POST /form HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
    "a promise of a body": b"POST /form HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\nExpect: 100-continue\r\n\r\n",
}


@pytest.mark.parametrize("sending", SLOW)
def test_seven_hundred_clients_that_stop_midway_keep_nobody_waiting(port, sending):
    with clients(port, MANY, SLOW[sending]):
        answers = [answer_of(port) for _ in range(5)]

    assert answers == [b"GET /health 0"] * 5


@pytest.mark.parametrize("sending", SLOW)
def test_a_client_that_stops_midway_is_hung_up_on(port, sending):
    with clients(port, 1, SLOW[sending]) as (client,):
        ended(client)  # returns at all, where a thread used to wait for ever


def test_a_client_that_drips_is_hung_up_on(port):
    with clients(port, 1, HEAD % 10_000_000) as (client,), pytest.raises((ConnectionResetError, BrokenPipeError)):
        drip(client, seconds=20)


@pytest.mark.parametrize("size", [4_000, 60_000])
def test_a_client_that_goes_on_steadily_is_waited_for(port, size):
    with clients(port, 1, HEAD % size) as (client,):
        for _ in range(20):
            time.sleep(0.15)  # three seconds in all, thrice the patience
            client.sendall(b"x" * (size // 20))
        client.shutdown(socket.SHUT_WR)

        assert ended(client).endswith(b"POST /form %d" % size)


def test_clients_that_read_nothing_lose_their_threads(few_threads):
    asking = b"GET /much HTTP/1.1\r\nHost: x\r\n\r\n"
    with clients(few_threads, 8, asking):
        wait_for(lambda: answer_of(few_threads) == b"GET /health 0", 20)


def test_clients_that_do_not_hang_up_hold_up_nobody(port):
    asking = b"GET /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    began = time.monotonic()
    with clients(port, 60, asking) as opened:
        for client in opened:
            while not client.recv(65536).endswith(b"GET /a 0"):
                pass

        assert answer_of(port) == b"GET /health 0"
        assert time.monotonic() - began < 30, "the main loop waited a second for each of them"


def test_uploads_wait_for_one_another_and_not_the_pages(few_threads):
    with clients(few_threads, 20, HEAD % 100_000) as opened:
        assert answer_of(few_threads) == b"GET /health 0"

        for client in opened:
            client.sendall(b"x" * 100_000)
        for client in opened:
            client.shutdown(socket.SHUT_WR)
        said = [ended(client) for client in opened]

    assert sum(one.endswith(b"POST /form 100000") for one in said) >= 18


def test_an_event_stream_whose_reader_says_nothing_goes_on(port):
    with clients(port, 1, b"GET /stream HTTP/1.1\r\nHost: x\r\n\r\n") as (client,):
        heard = b""
        began = time.monotonic()
        while heard.count(b"still here") < 6 and time.monotonic() - began < 20:
            heard += client.recv(65536)

    assert heard.count(b"still here") >= 6


def test_requests_that_come_together_are_answered_one_by_one(port):
    three = (HEAD % 3 + b"abc") + b"GET /b HTTP/1.1\r\nHost: x\r\n\r\n" + b"GET /c HTTP/1.1\r\nHost: x\r\n\r\n"
    with clients(port, 1, three[:-9]) as (client,):
        time.sleep(0.3)
        client.sendall(three[-9:])
        heard = b""
        while b"GET /c 0" not in heard:
            heard += client.recv(65536)

    assert [heard.find(part) > 0 for part in (b"POST /form 3", b"GET /b 0", b"GET /c 0")] == [True] * 3
    assert heard.index(b"POST /form 3") < heard.index(b"GET /b 0") < heard.index(b"GET /c 0")


def test_a_head_in_pieces_of_one_byte_is_read(port):
    with clients(port, 1, b"") as (client,):
        for byte in b"GET /pieces HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n":
            client.sendall(bytes([byte]))
            time.sleep(0.002)

        assert ended(client).endswith(b"GET /pieces 0")


def test_a_body_is_asked_for_where_the_client_waits_for_that(port):
    with clients(port, 1, SLOW["a promise of a body"]) as (client,):
        asked = client.recv(100)
        client.sendall(b"x" * 50)
        client.shutdown(socket.SHUT_WR)

        assert asked.startswith(b"HTTP/1.1 100 Continue")
        assert ended(client).endswith(b"POST /form 50")


def test_a_head_that_is_too_long_is_refused(port):
    with clients(port, 1, b"GET / HTTP/1.1\r\n" + b"a: " + b"x" * MAX_BUFFERED_HEAD * 2 + b"\r\n\r\n") as (client,):
        assert b" 431 " in ended(client) or b" 400 " in ended(client)


def test_a_request_is_ready_when_head_and_small_body_are_there():
    arrival = IncomingRequest(b"POST / HTTP/1.1\r\nContent-Le")
    steps = []
    for piece in (b"ngth: 5\r\n\r", b"\n", b"ab", b"cde"):
        arrival.feed(piece)
        steps.append(arrival.is_ready)

    assert steps == [False, False, False, True]
    assert not arrival.has_long_body
    assert arrival.received.endswith(b"\r\n\r\nabcde")


@pytest.mark.parametrize(
    "head",
    [
        b"POST / HTTP/1.1\r\nContent-Length: 99999\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n",
        b"GET /" + b"x" * MAX_BUFFERED_HEAD,
    ],
)
def test_what_may_be_long_is_left_to_a_thread(head):
    arrival = IncomingRequest(head)

    assert arrival.is_ready
    assert arrival.has_long_body


def test_bytes_earn_patience_back_and_never_more_than_there_was(monkeypatch):
    monkeypatch.setattr(slow_clients, "TIME_BUDGET_SECONDS", 10.0)
    patience = TimeBudget()

    patience.after(8, slow_clients.MIN_BYTES_PER_SECOND * 3)
    after_some = patience.left
    patience.after(0, 10_000_000)

    assert after_some == 5.0
    assert patience.left == 10.0


def test_who_is_just_fast_enough_goes_on_for_ever_and_who_is_half_as_fast_does_not():
    steady, slow = TimeBudget(), TimeBudget()

    for _ in range(3_600):
        steady.after(1, slow_clients.MIN_BYTES_PER_SECOND)
    lasted = next(
        seconds
        for seconds in itertools.count(1)
        if slow.after(1, slow_clients.MIN_BYTES_PER_SECOND // 2) or slow.left < 0
    )

    assert steady.left == slow_clients.TIME_BUDGET_SECONDS
    assert lasted == 2 * slow_clients.TIME_BUDGET_SECONDS + 1
