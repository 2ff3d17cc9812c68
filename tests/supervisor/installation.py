"""Real processes on real folders: a supervisor with small children that stand in for the parts."""

import json
import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.support.waiting import free_port, wait_for

ROOT = Path(__file__).parents[2]
# Answers like the web's health address does, which is all that the supervisor asks of it.
WEB = """
import http.server, os
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(b'{"status": "ok"}')
    def log_message(self, *_): pass
http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Answer).serve_forever()
"""
SLEEP = "import time; time.sleep(600)"
PROGRAM = """
import json, os, sys
from helix.settings import Settings
from helix.supervisor.console import Console
from helix.supervisor.process import Command
from helix.supervisor.supervisor import Supervisor

def commands(texts):
    return [Command(name, [sys.executable, "-c", text]) for name, text in texts.items()]

given = json.loads(sys.argv[1])
settings = Settings.from_environment()
sys.exit(Supervisor(settings, steps=commands(given["steps"]), services=commands(given["parts"]),
                    environment=os.environ, console=Console(settings.log_format)).run())
"""


def living(processes):
    """Those that still run. A zombie whose new parent does not collect it has ended."""
    found = []
    for process in processes:
        try:
            if process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.NoSuchProcess:
            continue
    return found


class Installation:
    """A supervisor in a process of its own, and what it has printed."""

    def __init__(self, folder: Path, log: Path, *, steps=None, parts=None, **environ: str) -> None:
        self.port = int(environ.get("PORT", free_port()))
        self.folder = folder
        given = {"steps": steps or {}, "parts": {"web": WEB, **(parts or {})}}
        self._log = log
        with log.open("w") as output:
            self.process = psutil.Popen(
                [sys.executable, "-c", PROGRAM, json.dumps(given)],
                cwd=ROOT,
                env={"PATH": os.environ["PATH"], "DATA_DIR": str(folder), **environ, "PORT": str(self.port)},
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self._seen: set[psutil.Process] = set()

    def printed(self) -> str:
        return self._log.read_text()

    def says(self, words: str, seconds: float = 10.0) -> "Installation":
        wait_for(lambda: words in self.printed() or self._ended_without(words), seconds)
        return self

    def _ended_without(self, words: str) -> bool:
        if self.process.poll() is not None and words not in self.printed():
            pytest.fail(f"ended without saying {words!r}:\n{self.printed()}")
        return False

    def ready(self) -> "Installation":
        return self.says("is ready (", 20.0).says("Ctrl-C stops everything")

    def children(self) -> list[psutil.Process]:
        """Every process below the supervisor; remembered, so that none can hide by losing its parent."""
        self._seen.update(self.process.children(recursive=True))
        return living(self._seen)

    def child(self, words: str) -> psutil.Process:
        """The direct child whose command line holds `words`."""
        return wait_for(
            lambda: next((one for one in living(self.process.children()) if words in " ".join(one.cmdline())), None)
        )

    def end(self) -> None:
        for process in [*(self.process.children(recursive=True) if self.process.is_running() else []), *self._seen]:
            if process.is_running():
                process.kill()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
