"""Hosts as network namespaces on one bridge: each has an address, a name, and an interface that can be disconnected."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from bench.scale_out.quota import Quota

NET = "10.77.0"
BRIDGE = "helix-br"
SERVERS = f"{NET}.1"


class NotPossible(Exception):
    """This machine cannot play several hosts; the sentence says what is missing."""


def check() -> None:
    if os.geteuid() != 0:
        raise NotPossible("Network namespaces need root: run it as root, on a machine of your own.")
    if not shutil.which("ip"):
        raise NotPossible("The command `ip` is missing: apt install iproute2.")


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)


class Host:
    """One machine of the installation. Its processes see its own network and its own host name."""

    def __init__(self, name: str, number: int) -> None:
        self.name, self.address = name, f"{NET}.{number}"
        self._space, self._plug, self._socket = f"helix-{name}", f"hx-{number}", f"hx-{number}-in"
        self._quota = Quota(self._space)

    def build(self) -> None:
        _ip("netns", "add", self._space)
        _ip("link", "add", self._plug, "type", "veth", "peer", "name", self._socket)
        _ip("link", "set", self._socket, "netns", self._space)
        _ip("link", "set", self._plug, "master", BRIDGE)
        _ip("link", "set", self._plug, "up")
        for words in (
            ("link", "set", "lo", "up"),
            ("addr", "add", f"{self.address}/24", "dev", self._socket),
            ("link", "set", self._socket, "up"),
        ):
            _ip("-n", self._space, *words)

    def tear_down(self) -> None:
        self._quota.remove()
        # Its end of the cable goes with it.
        subprocess.run(["ip", "netns", "del", self._space], check=False, capture_output=True)

    def start(
        self, command: Sequence[str], *, environment: dict[str, str], folder: Path, log: Path
    ) -> subprocess.Popen:  # type: ignore[type-arg]
        """The process that is given back is the command itself: signals reach it."""
        named = ["unshare", "--uts", "sh", "-c", 'hostname "$0" && exec "$@"', self.name, *command]
        with log.open("ab") as out:
            started = subprocess.Popen(
                ["ip", "netns", "exec", self._space, *named],
                cwd=folder, env=environment, stdout=out, stderr=out, start_new_session=True,
            )  # fmt: skip
        self._quota.put(started.pid)
        return started

    def cut_off(self) -> None:
        """As if its cable were pulled: nobody is told, packets go nowhere."""
        _ip("link", "set", self._plug, "down")

    def plug_in(self) -> None:
        _ip("link", "set", self._plug, "up")

    def limit(self, cores: float | None) -> bool:
        """So much processor time for all of its processes. False where the machine cannot do that."""
        return self._quota.limit(cores)


class Network:
    """with Network(["web-1", "worker-1"]) as hosts: hosts["web-1"].start(...)"""

    def __init__(self, names: Sequence[str]) -> None:
        self._hosts = {name: Host(name, 11 + number) for number, name in enumerate(names)}
        self._stack = ExitStack()

    def __enter__(self) -> dict[str, Host]:
        check()
        try:
            _ip("link", "add", BRIDGE, "type", "bridge")
            self._stack.callback(_ip, "link", "del", BRIDGE)
            _ip("addr", "add", f"{SERVERS}/24", "dev", BRIDGE)
            _ip("link", "set", BRIDGE, "up")
            for host in self._hosts.values():
                self._stack.callback(host.tear_down)
                host.build()
        except subprocess.CalledProcessError as error:
            self._stack.close()
            raise NotPossible(f"`{' '.join(error.cmd)}` said: {error.stderr.strip()}") from error
        return self._hosts

    def __exit__(self, *_error: object) -> None:
        self._stack.close()
