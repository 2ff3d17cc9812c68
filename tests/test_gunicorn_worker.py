"""gunicorn with our settings, around a small application that streams."""

import http.client
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

import psutil
import pytest

from tests.supervisor.installation import ROOT
from tests.support.waiting import free_port, wait_for

APPLICATION = """
import time

from helix import shutdown

def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/event-stream")])
    if environ["PATH_INFO"] == "/slow":
        time.sleep(0.5)
    if environ["PATH_INFO"] != "/stream":
        return [b"ok"]
    return stream()

def stream():
    yield b": hello\\n\\n"
    while not shutdown.wait(60):
        yield b": still here\\n\\n"
    yield b"event: done\\n\\n"
"""


@contextmanager
def serving(folder, **environment):
    (folder / "streaming.py").write_text(APPLICATION)
    port = free_port()
    process = psutil.Popen(
        [sys.executable, "-m", "gunicorn", "-c", str(ROOT / "gunicorn.conf.py"), "streaming:app"],
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
    process.port = port
    wait_for(lambda: answers(port))
    yield process
    for one in [*process.children(recursive=True), process] if process.poll() is None else []:
        one.kill()
    process.wait()


@pytest.fixture
def server(tmp_path):
    with serving(tmp_path) as process:
        yield process


@pytest.fixture
def two_processes(tmp_path):
    with serving(tmp_path, WEB_PROCESSES="2") as process:
        wait_for(lambda: len(process.children()) == 2)
        time.sleep(1)  # both have come up
        yield process


def ask(port, path):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path)
    return connection.getresponse()


def answers(port):
    try:
        return ask(port, "/").status == 200
    except OSError:
        return False


def test_streams_end_at_once_when_the_server_is_told_to_stop(server):
    stream = ask(server.port, "/stream")
    assert stream.readline() == b": hello\n"
    began = time.monotonic()

    server.terminate()

    assert b"event: done" in stream.read()
    assert time.monotonic() - began < 2
    assert server.wait(10) == 0


def test_a_hundred_open_streams_leave_the_server_answering(server):
    streams = [ask(server.port, "/stream") for _ in range(100)]

    answer = ask(server.port, "/")

    assert answer.read() == b"ok"
    assert all(stream.readline() == b": hello\n" for stream in streams)


def test_master_and_worker_carry_the_products_name(server):
    processes = [server, *server.children()]

    assert [" ".join(process.cmdline()).strip() for process in processes] == ["helix web", "helix web"]


class Crowd:
    """Clients that ask again and again, each time on a connection of its own."""

    def __init__(self, port, size=4):
        self.port = port
        self.answers = []
        self.lost = []
        self._over = threading.Event()
        self._clients = [threading.Thread(target=self._ask_on, daemon=True) for _ in range(size)]

    def _ask_on(self):
        while not self._over.is_set():
            try:
                answer = ask(self.port, "/slow" if len(self.answers) % 10 == 0 else "/")
                self.answers.append((answer.status, answer.read()))
            except (OSError, http.client.HTTPException) as error:
                self.lost.append(error)

    def __enter__(self):
        for client in self._clients:
            client.start()
        wait_for(lambda: len(self.answers) > 20)
        return self

    def __exit__(self, *_error):
        self._over.set()
        for client in self._clients:
            client.join(10)


def test_a_reload_under_load_loses_no_request(server):
    with Crowd(server.port) as crowd:
        (old,) = server.children()

        server.send_signal(signal.SIGHUP)

        wait_for(lambda: not old.is_running() or old.status() == psutil.STATUS_ZOMBIE, 30)
        seen = len(crowd.answers)
        wait_for(lambda: len(crowd.answers) > seen + 20)

    assert crowd.lost == []
    assert set(crowd.answers) == {(200, b"ok")}
    assert server.children()
    assert old not in server.children()


def test_an_answer_under_way_is_given_when_the_server_is_told_to_stop(server):
    slow = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    slow.request("GET", "/slow")
    time.sleep(0.2)  # until it is under way

    server.terminate()

    assert slow.getresponse().read() == b"ok"
    assert server.wait(10) == 0


def test_a_stop_under_load_loses_no_request_and_refuses_the_rest_at_the_door(server):
    with Crowd(server.port, size=8) as crowd:
        server.terminate()
        server.wait(10)

    assert set(crowd.answers) == {(200, b"ok")}
    assert crowd.lost != [], "nobody came after it was gone"
    assert {type(error) for error in crowd.lost} == {ConnectionRefusedError}


def test_connections_that_come_at_once_are_shared_among_the_processes(two_processes):
    streams = [ask(two_processes.port, "/stream") for _ in range(8)]

    held = [established(process) for process in two_processes.children()]

    assert all(stream.readline() == b": hello\n" for stream in streams)
    assert sum(held) == 8
    assert min(held) >= 3, f"of eight connections the processes hold {held}"


def established(process):
    return sum(connection.status == psutil.CONN_ESTABLISHED for connection in process.net_connections("tcp"))
