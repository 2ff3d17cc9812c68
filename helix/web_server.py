"""gunicorn's threaded worker, leaving in good order: see gunicorn.conf.py."""

import select
import socket

from gunicorn.workers.gthread import ThreadWorker

# As many as the queue of the listening socket may hold.
MOST_IN_THE_QUEUE = 512


class Worker(ThreadWorker):
    """Told to stop, gunicorn's own leaves its listening socket open until the last answer is given, without looking at
    it: who connects meanwhile waits for nothing and is reset. This one answers who stands in the queue already and
    closes it at once, so that whoever comes later is refused when connecting, and a balancer asks the next host."""

    def set_accept_enabled(self, enabled: bool) -> None:
        super().set_accept_enabled(enabled)
        if not enabled and not self.alive:
            self._close_the_door()

    def _close_the_door(self) -> None:
        for listener in self.sockets:
            for _ in range(MOST_IN_THE_QUEUE):
                if not _somebody_waits(listener):
                    break
                self.accept(listener)
            listener.close()
        self.sockets = []


def _somebody_waits(listener: socket.socket) -> bool:
    # Not by select.select: with many open pages the numbers go beyond what that takes.
    looking = select.poll()
    looking.register(listener, select.POLLIN)
    return bool(looking.poll(0))
