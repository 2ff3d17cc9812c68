"""A Redis primary, a replica and three Sentinels, in processes of the test."""

import shutil
import subprocess
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

from tests.support.waiting import free_port, wait_for

PASSWORD = "of-the-redis"
MASTER = "mission"


class RedisWithSentinels:
    """with Watched(folder) as redis: redis.url, redis.master(), redis.kill_the_master()"""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ports = [free_port(), free_port()]
        self._sentinel_ports = [free_port() for _ in range(3)]
        self._processes: dict[int, subprocess.Popen[bytes]] = {}
        places = ",".join(f"127.0.0.1:{port}" for port in self._sentinel_ports)
        self.url = f"redis+sentinel://:{PASSWORD}@{places}/{MASTER}/0"

    def __enter__(self) -> "RedisWithSentinels":
        first, second = self._ports
        self._start(first)
        self._start(second, f"replicaof 127.0.0.1 {first}")
        for port in self._sentinel_ports:
            self._start_sentinel(port, first)
        wait_for(lambda: self._info(first)["connected_slaves"] == 1, 20, "the replica")
        wait_for(self._all_sentinels_know, 30, "the Sentinels")
        return self

    def __exit__(self, *_error: object) -> None:
        for process in self._processes.values():
            process.kill()
            process.wait()

    def master(self) -> int:
        """The port of the one that takes writes, as the Sentinels see it."""
        return int(self._sentinel().sentinel_get_master_addr_by_name(MASTER)[1])

    def kill_the_master(self) -> int:
        """At once. Gives the port of the one that is master from now on."""
        old = self.master()
        self._processes[old].kill()
        self._processes[old].wait()
        return wait_for(lambda: self.master() if self.master() != old else None, 60, "the failover")

    def _start(self, port: int, *more: str) -> None:
        folder = self._folder / str(port)
        folder.mkdir(parents=True)
        lines = (f"port {port}", f"dir {folder}", "bind 127.0.0.1", "appendonly yes", 'save ""')
        self._run(port, folder, *lines, f"requirepass {PASSWORD}", f"masterauth {PASSWORD}", *more)

    def _start_sentinel(self, port: int, master: int) -> None:
        folder = self._folder / str(port)
        folder.mkdir(parents=True)
        lines = (
            f"port {port}",
            f"dir {folder}",
            "bind 127.0.0.1",
            f"sentinel monitor {MASTER} 127.0.0.1 {master} 2",
            f"sentinel auth-pass {MASTER} {PASSWORD}",
            f"sentinel down-after-milliseconds {MASTER} 1000",
            f"sentinel failover-timeout {MASTER} 5000",
        )
        self._run(port, folder, *lines, mode="--sentinel")

    def _run(self, port: int, folder: Path, *lines: str, mode: str | None = None) -> None:
        program, settings = shutil.which("redis-server"), folder / "redis.conf"
        assert program
        settings.write_text("\n".join(lines) + "\n")
        command = [program, str(settings), *([mode] if mode else [])]
        with (folder / "log").open("wb") as log:
            self._processes[port] = subprocess.Popen(command, stdout=log, stderr=log)
        password = None if mode else PASSWORD
        wait_for(lambda: _answers(Redis(port=port, password=password)), 20, f"Redis on {port}")

    @staticmethod
    def _info(port: int) -> dict[str, object]:
        return Redis(port=port, password=PASSWORD).info("replication")

    def _sentinel(self) -> Redis:
        return Redis(port=self._sentinel_ports[0])

    def _all_sentinels_know(self) -> bool:
        """Each knows the two others and the replica: only then can they agree on a failover."""
        states = [Redis(port=port).sentinel_master(MASTER) for port in self._sentinel_ports]
        return all(state["num-other-sentinels"] == 2 and state["num-slaves"] == 1 for state in states)


def _answers(client: Redis) -> bool:
    try:
        return bool(client.ping())
    except RedisError:
        return False
