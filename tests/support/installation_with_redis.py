"""An installation whose Redis can be stopped and started while it runs."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from helix.supervisor.redis_server import RedisServer
from tests.support import backing_services
from tests.support.installation import Installation


class InstallationWithRedis(Installation):
    """With a private Redis of its own, whatever TEST_REDIS_URL says."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self._redis_folder = folder / "redis-installation"
        self._redis_folder.mkdir()
        self._redis = RedisServer(self._redis_folder, "auto", dict(os.environ))
        super().__init__(folder, REDIS_URL=self._redis.url, **environment)

    def __enter__(self) -> "InstallationWithRedis":
        self.start_redis()
        super().__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        super().__exit__(*error)
        if self._redis.process.alive():
            self.stop_redis()

    def start_redis(self) -> None:
        self._redis.start()
        backing_services.wait_for(self._redis.answers)

    @contextmanager
    def frozen_redis(self) -> Iterator[None]:
        """It takes connections, and answers nothing."""
        os.kill(self._redis.process.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self._redis.process.pid, signal.SIGCONT)

    def stop_redis(self) -> None:
        self._redis.process.terminate()
        backing_services.wait_for(lambda: not self._redis.process.alive())
