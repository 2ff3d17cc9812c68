"""Programs of stdio servers: what they get, what they may, and that nothing of them is left."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from helix import mcp
from helix.mcp import processes
from tests.mcp.conftest import ROOT, program
from tests.support.waiting import wait_for

sandboxed = pytest.mark.skipif(
    mcp.why_no_sandbox() is not None and os.environ.get("CI") != "true", reason=str(mcp.why_no_sandbox())
)


@pytest.fixture(params=["bubblewrap", "plain"])
def sandbox(request, monkeypatch):
    """With bubblewrap where it can be used, and as on a host without it."""
    if request.param == "bubblewrap":
        if mcp.why_no_sandbox() is not None and os.environ.get("CI") != "true":
            pytest.skip(str(mcp.why_no_sandbox()))
    else:
        monkeypatch.setattr(processes, "_usable_bubblewrap", lambda: (None, "not here"))
    return request.param


def where(sessions, server, **arguments) -> dict:
    result = sessions.call(server, "where", arguments)
    assert isinstance(result, mcp.CallResult)
    assert not result.is_error, result.text
    return json.loads(result.text)


def processes_of(limits: mcp.ProcessLimits) -> list[psutil.Process]:
    """All that run with a scratch folder of these limits as their home."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("HOME", "").startswith(str(limits.folder)):
                found.append(process)
        except psutil.Error:
            continue
    return found


def scratch_folders(limits: mcp.ProcessLimits) -> list[Path]:
    return [path for path in limits.folder.iterdir() if path.is_dir()]


def test_a_program_gets_its_own_environment_and_a_private_folder(sessions, sandbox, monkeypatch, limits):
    monkeypatch.setenv("SECRET_KEY", "of the installation")

    found = where(sessions, program(environment={"TOKEN": "abc"}))

    names = set(found["environment"]) - {"PWD", "LC_CTYPE"}
    assert names == {"PATH", "HOME", "TMPDIR", "LANG", "TOKEN"}
    assert found["cwd"] == found["environment"]["HOME"] == str(limits.folder / "0")
    assert stat.S_IMODE(found["mode"]) == 0o700
    assert found["core"] == [0, 0]
    assert stat.S_IMODE(limits.folder.stat().st_mode) == 0o700


def test_home_cannot_be_given(sessions, sandbox, limits):
    found = where(sessions, program(environment={"HOME": "/root"}))

    assert found["environment"]["HOME"] == str(limits.folder / "0")


def test_closing_leaves_no_process_and_no_folder(sessions, sandbox, limits):
    sessions.call(program(), "echo", {})
    assert (sessions.running(), len(scratch_folders(limits))) == (1, 1)

    sessions.close()
    sessions.close()

    assert (sessions.running(), processes_of(limits), scratch_folders(limits)) == (0, [], [])


def test_children_that_want_to_outlive_it_do_not(sessions, sandbox, limits):
    sessions.call(program(), "fork", {})
    assert len(processes_of(limits)) >= 3

    sessions.close()

    wait_for(lambda: not processes_of(limits), 5)


def test_children_of_a_program_that_died_do_not_outlive_it(sessions, sandbox, limits):
    sessions.call(program(), "fork", {})
    began = time.monotonic()
    with pytest.raises(mcp.McpFailed, match="ended with 7"):
        sessions.call(program(), "die", {})
    # Its children still have its stdout.
    assert time.monotonic() - began < 10

    sessions.close()

    wait_for(lambda: not processes_of(limits), 5)


def test_a_program_that_does_not_want_to_end_is_killed(sessions, sandbox, limits):
    sessions.call(program(), "ignore_the_end", {})
    began = time.monotonic()

    sessions.close()

    assert processes_of(limits) == []
    assert time.monotonic() - began < 8


def test_a_program_dies_with_a_worker_that_is_killed(limits, tmp_path, sandbox):
    code = f"""
import sys, time
from pathlib import Path
from helix import mcp
from helix.mcp import processes
from tests.mcp.conftest import program
if {sandbox!r} == "plain":
    processes._usable_bubblewrap = lambda: (None, "not here")
sessions = mcp.Sessions(mcp.ProcessLimits(folder=Path(sys.argv[1])))
sessions.call(program(), "ignore_the_end", {{}})
print("ready", flush=True)
time.sleep(60)
"""
    worker = subprocess.Popen(
        [sys.executable, "-c", code, str(limits.folder)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert worker.stdout is not None
    assert worker.stdout.readline() == "ready\n"
    assert processes_of(limits)

    worker.send_signal(signal.SIGKILL)
    worker.wait()

    wait_for(lambda: not processes_of(limits), 5)
    # What it left behind is removed by the next that runs a program.
    (limits.folder / "0" / "private").write_text("left behind")
    with mcp.Sessions(limits) as sessions:
        assert where(sessions, program())["cwd"] == str(limits.folder / "0")
    assert scratch_folders(limits) == []


def test_programs_of_all_workers_count_together(sessions, tmp_path):
    limits = mcp.ProcessLimits(folder=tmp_path / "shared", at_once=1)
    with mcp.Sessions(limits) as first, mcp.Sessions(limits) as second:
        first.call(program(), "echo", {})

        with pytest.raises(mcp.McpFailed, match=r"All 1 places for programs .* are taken") as failed:
            second.call(program(timeout_seconds=1), "echo", {})
        first.close()

        assert second.call(program(), "echo", {"text": "My turn"}) == mcp.CallResult("My turn")
    assert not failed.value.is_uncertain


def test_a_program_that_waits_for_a_place_starts_when_there_is_one(tmp_path):
    limits = mcp.ProcessLimits(folder=tmp_path / "shared", at_once=1)
    code = """
import sys, time
from pathlib import Path
from helix import mcp
from tests.mcp.conftest import program
with mcp.Sessions(mcp.ProcessLimits(folder=Path(sys.argv[1]), at_once=1)) as sessions:
    sessions.call(program(), "echo", {})
    print("ready", flush=True)
    time.sleep(1)
"""
    other = subprocess.Popen([sys.executable, "-c", code, str(limits.folder)], cwd=ROOT, stdout=subprocess.PIPE)
    assert other.stdout is not None
    assert other.stdout.readline() == b"ready\n"

    with mcp.Sessions(limits) as sessions:
        assert sessions.call(program(), "echo", {"text": "Now"}) == mcp.CallResult("Now")
    assert other.wait() == 0


def test_a_folder_of_somebody_else_is_not_used(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "programs").symlink_to(tmp_path / "mine")

    with pytest.raises(mcp.McpFailed, match="does not belong to the user"):
        mcp.list_tools(program(), processes=mcp.ProcessLimits(folder=tmp_path / "programs"))


def test_memory_and_files_of_a_program_are_limited(tmp_path, sandbox):
    limits = mcp.ProcessLimits(folder=tmp_path / "programs", megabytes=300, file_megabytes=5)
    with mcp.Sessions(limits) as sessions:
        server = program(timeout_seconds=2)

        assert sessions.call(server, "take_memory", {"megabytes": 50}) == mcp.CallResult(str(50 * 1024 * 1024))
        with pytest.raises(mcp.McpFailed, match=r"MemoryError"):
            sessions.call(server, "take_memory", {"megabytes": 1000})
        with pytest.raises(mcp.McpFailed, match=r"File too large"):
            sessions.call(server, "fill_disk", {"megabytes": 20})


def test_stderr_is_read_and_its_flood_not_kept(sessions, sandbox):
    assert sessions.call(program(), "flood_stderr", {}) == mcp.CallResult("Flooded.")


def test_a_program_that_is_not_there_is_named(limits):
    with pytest.raises(mcp.McpFailed, match=r"^The program no-such-program was not found on this host\.$"):
        mcp.list_tools(mcp.StdioServer("x", "no-such-program"), processes=limits)


def test_a_folder_that_a_program_made_unreadable_is_removed(sessions, limits, sandbox):
    server = mcp.StdioServer("sh", "sh", ("-c", "mkdir -p a/b; touch a/b/c; chmod 0 a/b a"), timeout_seconds=10)
    with pytest.raises(mcp.McpFailed, match="ended with 0"):
        sessions.call(server, "echo", {})

    sessions.close()

    assert scratch_folders(limits) == []


@sandboxed
def test_in_the_sandbox_there_is_no_network_unless_it_is_given(sessions):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

        assert where(sessions, program(), connect=port)["connect"] == "ConnectionRefusedError"
        assert where(sessions, program(network=True), connect=port)["connect"] is True


@sandboxed
def test_in_the_sandbox_only_given_folders_can_be_written_and_hidden_ones_not_read(tmp_path):
    given, hidden = ROOT / "tests" / "mcp", tmp_path / "data"
    hidden.mkdir()
    (hidden / "key").write_text("canary")
    limits = mcp.ProcessLimits(folder=tmp_path / "programs", hidden=(hidden,))
    file = given / "written-by-a-program"
    with mcp.Sessions(limits) as sessions:
        try:
            outside = where(sessions, program(), write=str(ROOT.parent / "written"), read=str(hidden / "key"))
            inside = where(sessions, program(folders=(str(given),)), write=str(file))
            assert file.exists()
        finally:
            file.unlink(missing_ok=True)

    assert (outside["write"], outside["read"], inside["write"]) == ("OSError", "FileNotFoundError", 1)


@sandboxed
def test_a_program_in_a_folder_that_programs_do_not_see_is_named(tmp_path, limits):
    script = tmp_path / "server"
    script.write_text("#!/bin/sh\nexit 0\n")
    script.chmod(0o755)

    with pytest.raises(mcp.McpFailed, match="do not see /tmp|ended with 0"):
        mcp.list_tools(mcp.StdioServer("x", str(script)), processes=limits)
