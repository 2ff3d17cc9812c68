"""Starts `helix` commands by forking a process that has loaded the application and litellm once.

Loading them costs a new interpreter up to ten seconds of processor time, and tests start hundreds of commands. The
forked process runs the same command with its own arguments, environment, session and log. Tests of the start itself
use an interpreter of their own: tests/cli, tests/supervisor, tests/deploy, `Installation.begin`.

This module is both sides: `ProcessServer` in the test process, and `python -m tests.support.process_server`.
"""

import atexit
import gc
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from setproctitle import setproctitle

ROOT = Path(__file__).parents[2]
POLL_SECONDS = 0.02


class ForkedProcess:
    """A command that runs, with the part of subprocess.Popen's interface that tests use."""

    def __init__(self, server: "ProcessServer", pid: int, command: tuple[str, ...]) -> None:
        self._server = server
        self.pid = pid
        self.args = command
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """The exit code, negative for a signal; None while it runs."""
        if self.returncode is None:
            self.returncode = self._server.ask(ended=self.pid)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Raises subprocess.TimeoutExpired after `timeout` seconds."""
        until = None if timeout is None else time.monotonic() + timeout
        while (code := self.poll()) is None:
            if until is not None and time.monotonic() > until:
                raise subprocess.TimeoutExpired(self.args, timeout or 0)
            time.sleep(POLL_SECONDS)
        return code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class ProcessServer:
    """The process that forks. It ends with the test process, whose end closes its input."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.process_server"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self._one_at_a_time = threading.Lock()
        atexit.register(self._stop)

    def start(self, *command: str, env: Mapping[str, str], out: Path, err: Path | None = None) -> ForkedProcess:
        """Starts `helix COMMAND`; its output is appended to `out`, and to `err` what it writes to standard error."""
        pid = self.ask(command=command, env=dict(env), out=str(out), err=str(err or out))
        return ForkedProcess(self, pid, ("helix", *command))

    def ask(self, **request: Any) -> Any:
        with self._one_at_a_time:
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
            answer = self._process.stdout.readline()
        assert answer, "the process that forks has ended"
        return json.loads(answer)

    def _stop(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


@cache
def process_server() -> ProcessServer:
    """One for each process of tests; started when it is first needed."""
    return ProcessServer()


def load() -> None:
    """Everything that commands of an installation import; none of it reads the environment of the installation."""
    import alembic.command  # noqa: F401
    import flask_migrate  # noqa: F401

    import helix.app
    import helix.cli
    import helix.demo.load
    import helix.jobs.scheduler
    import helix.jobs.worker
    import helix.schema_version  # noqa: F401
    from helix import llm

    # The first call finds where titles are written by the environment that this process began with.
    setproctitle("process server of tests")
    llm.preload()


def serve() -> None:
    """Answers requests, one line each, until its input ends. In a forked process it returns when the command has."""
    requests, answers = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w")
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    load()
    gc.freeze()  # keeps memory shared, and no child looks for garbage among what is loaded
    exit_codes: dict[int, int] = {}

    def reap(*_signal: object) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            exit_codes[pid] = os.waitstatus_to_exitcode(status)

    signal.signal(signal.SIGCHLD, reap)
    for line in requests:
        request = json.loads(line)
        if "ended" in request:
            answer = exit_codes.get(request["ended"])
        elif (answer := os.fork()) == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            requests.close()
            answers.close()
            become(request)
            return
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def become(request: dict[str, Any]) -> None:
    """Runs the command in this process, as `python -m helix` would."""
    os.setsid()
    for name, number in (("out", 1), ("err", 2)):
        log = os.open(request[name], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        os.dup2(log, number)
        os.close(log)
    os.environ.clear()
    os.environ.update(request["env"])
    time.tzset()
    sys.argv = ["helix", *request["command"]]

    from helix.cli import main

    main(prog_name="helix")


if __name__ == "__main__":
    serve()
