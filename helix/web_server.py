"""gunicorn's threaded worker, sharing fairly and leaving in good order: see gunicorn.conf.py."""

import mmap
import select
import socket
import time

from gunicorn.workers.gthread import ThreadWorker

# As many as the queue of the listening socket may hold.
MOST_IN_THE_QUEUE = 512

# How many connections each process holds, known to all: made before they are forked, one place for each.
PLACES, NOBODY = 64, -1
_held = memoryview(mmap.mmap(-1, PLACES * 4)).cast("i")
for _place in range(PLACES):
    _held[_place] = NOBODY
# Long enough for another process to wake up and take the connection, if it is not busy itself.
LET_OTHERS_GO_FIRST_SECONDS = 0.001


class Worker(ThreadWorker):
    """gunicorn's own takes whatever comes while it is awake, and connections stay where they were taken: of eight that
    come at once one process may get all and the others none. In this one, who holds more lets the others go first.

    Told to stop, gunicorn's own leaves its listening socket open until the last answer is given, without looking at
    it: who connects meanwhile waits for nothing and is reset. This one answers who stands in the queue already and
    closes it at once, so that whoever comes later is refused when connecting, and a balancer asks the next host."""

    # gunicorn sets it after the first count.
    _accepting = False

    @property
    def nr_conns(self) -> int:
        return self._connections

    @nr_conns.setter
    def nr_conns(self, connections: int) -> None:
        self._connections = connections
        self._tell()

    def set_accept_enabled(self, enabled: bool) -> None:
        super().set_accept_enabled(enabled)
        self._tell()
        if not enabled and not self.alive:
            self._close_the_door()

    def _tell(self) -> None:
        _held[self.age % PLACES] = self._connections if self._accepting else NOBODY

    def forget(self) -> None:
        """Called in the parent when the process has ended: nobody waits for it."""
        _held[self.age % PLACES] = NOBODY

    def accept(self, listener: socket.socket) -> None:
        if self.alive and any(NOBODY < held < self.nr_conns for held in _held):
            time.sleep(LET_OTHERS_GO_FIRST_SECONDS)
        super().accept(listener)

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
