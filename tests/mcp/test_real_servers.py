"""Servers that people use, from PyPI and npm, as programs and with an address."""

import contextlib
import http.server
import os
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from helix import mcp


@pytest.fixture
def work(real) -> Iterator[Path]:
    """A folder that programs can see when it is given to them: the tests' own are below /tmp, which is hidden."""
    with tempfile.TemporaryDirectory(dir=real.folder, prefix="work-") as folder:
        yield Path(folder)


def server(real, command: str, *args: str, folders: tuple[str, ...] = (), **others) -> mcp.StdioServer:
    seen = (str(real.folder), *folders)
    return mcp.StdioServer("real", command, args, folders=seen, timeout_seconds=40, **others)


def text(sessions, server, tool, **arguments) -> str:
    result = sessions.call(server, tool, arguments)
    assert isinstance(result, mcp.CallResult)
    assert not result.is_error, result.text
    return result.text


def test_time(real, sessions, limits):
    clock = server(real, real.python("python"), "-m", "mcp_server_time", "--local-timezone", "Europe/Berlin")

    tools = mcp.list_tools(clock, processes=limits)
    converted = text(sessions, clock, "convert_time", source_timezone="UTC", time="12:00", target_timezone="Asia/Tokyo")

    assert [tool.name for tool in tools] == ["get_current_time", "convert_time"]
    assert "T21:00:00+09:00" in converted


def test_fetch(real, sessions):
    with _site() as address:
        fetch = server(
            real,
            real.python("python"),
            "-m",
            "mcp_server_fetch",
            "--allow-private-ips",
            "--ignore-robots-txt",
            network=True,
        )

        assert "Hello from a page" in text(sessions, fetch, "fetch", url=address)


def test_git(real, sessions, work):
    environment = os.environ | {"GIT_CONFIG_GLOBAL": os.devnull}
    author = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com")
    for command in (["init", "-q"], [*author, "commit", "-q", "--allow-empty", "-m", "The first commit"]):
        subprocess.run(["git", *command], cwd=work, check=True, env=environment)
    git = server(real, real.python("python"), "-m", "mcp_server_git", folders=(str(work),))

    assert "The first commit" in text(sessions, git, "git_log", repo_path=str(work))


def test_sqlite_keeps_what_it_wrote_when_it_is_killed(real, limits, work):
    database = str(work / "data.db")
    sqlite = server(real, real.python("mcp-server-sqlite"), "--db-path", database, folders=(str(work),))
    with mcp.Sessions(limits) as sessions:
        text(sessions, sqlite, "create_table", query="CREATE TABLE people (name TEXT)")
        text(sessions, sqlite, "write_query", query="INSERT INTO people VALUES ('Ada')")

    with mcp.Sessions(limits) as sessions:
        assert "Ada" in text(sessions, sqlite, "read_query", query="SELECT name FROM people")


def test_everything_over_stdio(real, sessions, limits):
    everything = server(real, real.node("mcp-server-everything"))

    tools = {tool.name: tool for tool in mcp.list_tools(everything, processes=limits)}
    picture = text(sessions, everything, "get-tiny-image")

    assert tools["echo"].annotations["readOnlyHint"] is True
    assert all(tool.problem is None for tool in tools.values())
    assert text(sessions, everything, "echo", message="Grüße") == "Echo: Grüße"
    assert "[image was left out: image/png" in picture


def test_everything_over_http_asks_a_person(real, limits):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [real.node("mcp-server-everything"), "streamableHttp"]
    with subprocess.Popen(
        command, env=os.environ | {"PORT": str(port)}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            _wait_for_port(port)
            everything = mcp.HttpServer("real", f"http://127.0.0.1:{port}/mcp", allow_private=True, timeout_seconds=20)
            with mcp.Sessions() as sessions:
                assert text(sessions, everything, "echo", message="Grüße") == "Echo: Grüße"
                question = sessions.call(everything, "trigger-elicitation-request", {})
                assert isinstance(question, mcp.Elicitation)
                answer = {"action": "accept", "content": {"name": "Ada", "check": True}}
                result = sessions.call(
                    everything, "trigger-elicitation-request", {}, state=question.state, answer=answer
                )
        finally:
            process.kill()

    assert "name" in question.schema["properties"]
    assert isinstance(result, mcp.CallResult)
    assert "Ada" in result.text


def test_filesystem_reads_what_it_was_given_and_nothing_else(real, sessions, work):
    (work / "note.txt").write_text("A note")
    files = server(real, real.node("mcp-server-filesystem"), str(work), folders=(str(work),))

    assert text(sessions, files, "read_text_file", path=str(work / "note.txt")) == "A note"
    refused = sessions.call(files, "read_text_file", {"path": "/etc/passwd"})
    assert isinstance(refused, mcp.CallResult)
    assert refused.is_error


def test_memory(real, limits, work):
    file = {"MEMORY_FILE_PATH": str(work / "memory.jsonl")}
    memory = server(real, real.node("mcp-server-memory"), environment=file, folders=(str(work),))
    entity = {"name": "Ada", "entityType": "person", "observations": ["likes engines"]}
    with mcp.Sessions(limits) as sessions:
        text(sessions, memory, "create_entities", entities=[entity])

    with mcp.Sessions(limits) as sessions:
        assert "likes engines" in text(sessions, memory, "read_graph")


@contextlib.contextmanager
def _site() -> Iterator[str]:
    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<html><body><article><h1>News</h1><p>Hello from a page</p></article></body></html>")

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page) as site:
        threading.Thread(target=site.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{site.server_port}/"
        site.shutdown()


def _wait_for_port(port: int) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.1)
