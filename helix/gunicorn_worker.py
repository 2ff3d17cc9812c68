"""gunicorn's threaded worker, sharing fairly, holding no thread for slow clients, and leaving in good order.

See gunicorn.conf.py.
"""

import mmap
import select
import selectors
import socket
import time
from concurrent.futures import Future
from functools import partial
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

from helix.slow_clients import Arrival, PatientSocket

# As many as the queue of the listening socket may hold.
MOST_IN_THE_QUEUE = 512

# gunicorn's TConn, whose socket is a PatientSocket here; its parser is that of HTTP/1.
Connection = Any

# How many connections each process holds, known to all: made before they are forked, one place for each.
PLACES, NOBODY = 64, -1
_held = memoryview(mmap.mmap(-1, PLACES * 4)).cast("i")
for _place in range(PLACES):
    _held[_place] = NOBODY
# Long enough for another process to wake up and take the connection, if it is not busy itself.
LET_OTHERS_GO_FIRST_SECONDS = 0.001

# Of the threads, so many may read long bodies at a time; who comes after that waits without one, for so long.
PART_FOR_UPLOADS = 4
LONGEST_WAIT_SECONDS = 30.0
# After the answer a client may have something under way; a reset would take the answer from it.
LINGER_SECONDS = 2.0
MOST_LINGERING = 200
MOST_DRAINED = 64 * 1024
LOOK_SECONDS = 0.5
PIECE = 16 * 1024


class Worker(ThreadWorker):
    """gunicorn's own takes whatever comes while it is awake, and connections stay where they were taken: of eight that
    come at once one process may get all and the others none. In this one, who holds more lets the others go first.

    Told to stop, gunicorn's own leaves its listening socket open until the last answer is given, without looking at
    it: who connects meanwhile waits for nothing and is reset. This one answers who stands in the queue already and
    closes it at once, so that whoever comes later is refused when connecting, and a balancer asks the next host.

    gunicorn's own reads requests in threads, for as long as the client likes, and waits in its main loop for clients
    that do not hang up after the last answer. In this one requests arrive in the main loop, which never waits."""

    # Before `__init__` of gunicorn's own, which counts connections.
    _takes_connections = False

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._arriving: dict[Connection, Arrival] = {}
        self._uploading: set[Connection] = set()
        self._uploads_waiting: dict[Connection, float] = {}
        self._lingering: dict[Connection, float] = {}
        self._most_arriving = max(1, self.cfg.worker_connections - self.cfg.threads)
        self._most_uploading = max(1, self.cfg.threads // PART_FOR_UPLOADS)
        self._look_at = 0.0
        self._stopped_at: float | None = None

    @property
    def nr_conns(self) -> int:
        return self._connections

    @nr_conns.setter
    def nr_conns(self, connections: int) -> None:
        self._connections = connections
        self._tell()

    def set_accept_enabled(self, enabled: bool) -> None:
        super().set_accept_enabled(enabled)
        self._takes_connections = enabled
        self._tell()
        if not enabled and not self.alive:
            self._close_the_blueprint()

    def _tell(self) -> None:
        _held[self.age % PLACES] = self._connections if self._takes_connections else NOBODY

    def forget(self) -> None:
        """Called in the parent when the process has ended: nobody waits for it."""
        _held[self.age % PLACES] = NOBODY

    def accept(self, listener: socket.socket) -> None:
        if self.alive and any(NOBODY < held < self.nr_conns for held in _held):
            time.sleep(LET_OTHERS_GO_FIRST_SECONDS)
        super().accept(_Patiently(listener))  # type: ignore[arg-type]

    def enqueue_req(self, conn: Connection) -> None:
        """A request begins, or goes on after an earlier one: give it to a thread once enough of it is here."""
        if self.cfg.is_ssl:
            super().enqueue_req(conn)
            return
        self._arriving[conn] = Arrival(conn.parser.unreader.take_buffered() if conn.parser else b"")
        conn.sock.setblocking(False)
        if not self._receive(conn):
            self._wait_for_more(conn)
            if len(self._arriving) > self._most_arriving:
                self._hang_up(next(iter(self._arriving)))

    def finish_request(self, conn: Connection, fs: "Future[Any]") -> None:
        self._uploading.discard(conn)
        self._let_uploads_begin()
        if self.cfg.is_ssl:
            super().finish_request(conn, fs)
            return
        if not conn.sock.was_too_slow and not fs.cancelled() and fs.exception() is None and fs.result():
            super().finish_request(conn, fs)
        else:
            self.nr_conns -= 1
            self._linger(conn)

    def murder_pending(self) -> None:
        """Called by the main loop now and then, and after everything that happens."""
        super().murder_pending()
        now = time.monotonic()
        if now < self._look_at:
            return
        self._look_at = now + LOOK_SECONDS
        if not self.alive and self._stopped_at is None:
            self._stopped_at = now
        leaving = self._stopped_at is not None and now > self._stopped_at + LINGER_SECONDS
        for conn in [conn for conn, arrival in self._arriving.items() if leaving or arrival.is_too_slow]:
            self._hang_up(conn)
        for conn in [conn for conn, until in self._uploads_waiting.items() if now > until]:
            del self._uploads_waiting[conn]
            self.nr_conns -= 1
            conn.close()
        for conn in [conn for conn, until in self._lingering.items() if now > until]:
            self._stop_lingering(conn)

    def _receive(self, conn: Connection) -> bool:
        """Take what is there. Whether it needs no more waiting: given to a thread, or gone."""
        arrival = self._arriving[conn]
        while not arrival.is_ready:
            try:
                piece = conn.sock.recv(PIECE)
            except BlockingIOError:
                return False
            except OSError:
                piece = b""
            if not piece:
                del self._arriving[conn]
                self.nr_conns -= 1
                conn.close()
                return True
            arrival.feed(piece)
        del self._arriving[conn]
        conn.init()
        conn.parser.unreader.unread(arrival.received)
        conn.sock.begin_request()
        if not arrival.has_long_body:
            super().enqueue_req(conn)
            return True
        self._uploads_waiting[conn] = time.monotonic() + LONGEST_WAIT_SECONDS
        self._let_uploads_begin()
        return True

    def _receive_more(self, conn: Connection, _socket: socket.socket) -> None:
        self.poller.unregister(conn.sock)
        if not self._receive(conn):
            self._wait_for_more(conn)

    def _wait_for_more(self, conn: Connection) -> None:
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._receive_more, conn))

    def _hang_up(self, conn: Connection) -> None:
        del self._arriving[conn]
        self.poller.unregister(conn.sock)
        self.nr_conns -= 1
        conn.close()

    def _let_uploads_begin(self) -> None:
        while self._uploads_waiting and len(self._uploading) < self._most_uploading:
            conn = next(iter(self._uploads_waiting))
            del self._uploads_waiting[conn]
            self._uploading.add(conn)
            super().enqueue_req(conn)

    def _linger(self, conn: Connection) -> None:
        """Say that nothing more comes, and wait a moment for the client to hang up, without waiting here."""
        try:
            if conn.sock.was_too_slow:
                raise OSError
            conn.sock.shutdown(socket.SHUT_WR)
            conn.sock.setblocking(False)
            self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._drain, conn, [0]))
        except (OSError, ValueError):  # it is closed already
            conn.close()
            return
        self._lingering[conn] = time.monotonic() + LINGER_SECONDS
        if len(self._lingering) > MOST_LINGERING:
            self._stop_lingering(next(iter(self._lingering)))

    def _drain(self, conn: Connection, drained: list[int], _socket: socket.socket) -> None:
        try:
            piece = conn.sock.recv(PIECE)
        except BlockingIOError:
            return
        except OSError:
            piece = b""
        drained[0] += len(piece)
        if not piece or drained[0] > MOST_DRAINED:
            self._stop_lingering(conn)

    def _stop_lingering(self, conn: Connection) -> None:
        del self._lingering[conn]
        self.poller.unregister(conn.sock)
        conn.close()

    def _close_the_blueprint(self) -> None:
        for listener in self.sockets:
            for _ in range(MOST_IN_THE_QUEUE):
                if not _somebody_waits(listener):
                    break
                self.accept(listener)
            listener.close()
        self.sockets = []


class _Patiently:
    """A listening socket whose clients have limited patience with them."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self.getsockname = listener.getsockname

    def accept(self) -> tuple[PatientSocket, Any]:
        client, address = self._listener.accept()
        return PatientSocket(fileno=client.detach()), address


def _somebody_waits(listener: socket.socket) -> bool:
    # Not by select.select: with many open pages the numbers go beyond what that takes.
    looking = select.poll()
    looking.register(listener, select.POLLIN)
    return bool(looking.poll(0))
