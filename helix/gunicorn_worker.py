"""gunicorn's threaded worker with fair sharing of connections, buffering of slow requests, and a clean shutdown.

Configured in gunicorn.conf.py.
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

from helix.slow_clients import IncomingRequest, TimeLimitedSocket

# The backlog of the listening socket.
MAX_BACKLOG = 512

# gunicorn's TConn, whose socket is a TimeLimitedSocket here; its parser is that of HTTP/1.
Connection = Any

# Connections per worker process, in shared memory that is created before the fork. One slot per worker.
SLOTS, FREE = 64, -1
_held = memoryview(mmap.mmap(-1, SLOTS * 4)).cast("i")
for _place in range(SLOTS):
    _held[_place] = FREE
# Long enough for an idle process to wake up and accept the connection.
YIELD_SECONDS = 0.001

# One in THREADS_PER_UPLOAD threads may read long bodies; further uploads wait without a thread, up to this time.
THREADS_PER_UPLOAD = 4
MAX_UPLOAD_WAIT_SECONDS = 30.0
# After a response the client may still be sending; closing at once would reset the connection and lose the response.
LINGER_SECONDS = 2.0
MAX_LINGERING = 200
MAX_DRAINED_BYTES = 64 * 1024
CHECK_SECONDS = 0.5
CHUNK_BYTES = 16 * 1024


class Worker(ThreadWorker):
    """Differs from gunicorn's ThreadWorker in three ways.

    Accepting: gunicorn's worker accepts every connection while it is awake, so one process may get all of eight
    simultaneous ones. Here a process with more connections than another waits a moment before it accepts.

    Stopping: gunicorn's worker keeps its listening socket open, without accepting, until the last response is sent;
    clients that connect meanwhile are reset. This worker serves the backlog and closes the socket at once, so that new
    connections are refused and a load balancer tries the next host.

    Reading: gunicorn's worker reads requests in threads, however slow the client, and its main loop waits for clients
    that do not close their connection. Here requests are buffered in the main loop, which never blocks."""

    # Before `__init__` of gunicorn's own, which counts connections.
    _takes_connections = False

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._arriving: dict[Connection, IncomingRequest] = {}
        self._uploading: set[Connection] = set()
        self._uploads_waiting: dict[Connection, float] = {}
        self._lingering: dict[Connection, float] = {}
        self._max_arriving = max(1, self.cfg.worker_connections - self.cfg.threads)
        self._max_uploading = max(1, self.cfg.threads // THREADS_PER_UPLOAD)
        self._next_check = 0.0
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
            self._close_listeners()

    def _tell(self) -> None:
        _held[self.age % SLOTS] = self._connections if self._takes_connections else FREE

    def forget(self) -> None:
        """Called in the parent when the process has ended: free its slot."""
        _held[self.age % SLOTS] = FREE

    def accept(self, listener: socket.socket) -> None:
        if self.alive and any(FREE < held < self.nr_conns for held in _held):
            time.sleep(YIELD_SECONDS)
        super().accept(_TimeLimitedListener(listener))  # type: ignore[arg-type]

    def enqueue_req(self, conn: Connection) -> None:
        """Buffer a new request, and hand it to a thread once enough of it has arrived."""
        if self.cfg.is_ssl:
            super().enqueue_req(conn)
            return
        self._arriving[conn] = IncomingRequest(conn.parser.unreader.take_buffered() if conn.parser else b"")
        conn.sock.setblocking(False)
        if not self._receive(conn):
            self._wait_for_more(conn)
            if len(self._arriving) > self._max_arriving:
                self._drop(next(iter(self._arriving)))

    def finish_request(self, conn: Connection, fs: "Future[Any]") -> None:
        self._uploading.discard(conn)
        self._start_waiting_uploads()
        if self.cfg.is_ssl:
            super().finish_request(conn, fs)
            return
        if not conn.sock.was_too_slow and not fs.cancelled() and fs.exception() is None and fs.result():
            super().finish_request(conn, fs)
        else:
            self.nr_conns -= 1
            self._linger(conn)

    def murder_pending(self) -> None:
        """Called by the main loop on every iteration: close connections that exceeded their time."""
        super().murder_pending()
        now = time.monotonic()
        if now < self._next_check:
            return
        self._next_check = now + CHECK_SECONDS
        if not self.alive and self._stopped_at is None:
            self._stopped_at = now
        leaving = self._stopped_at is not None and now > self._stopped_at + LINGER_SECONDS
        for conn in [conn for conn, arrival in self._arriving.items() if leaving or arrival.is_too_slow]:
            self._drop(conn)
        for conn in [conn for conn, until in self._uploads_waiting.items() if now > until]:
            del self._uploads_waiting[conn]
            self.nr_conns -= 1
            conn.close()
        for conn in [conn for conn, until in self._lingering.items() if now > until]:
            self._stop_lingering(conn)

    def _receive(self, conn: Connection) -> bool:
        """Read what has arrived. True when the connection needs no more waiting: handed to a thread, or closed."""
        arrival = self._arriving[conn]
        while not arrival.is_ready:
            try:
                piece = conn.sock.recv(CHUNK_BYTES)
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
        self._uploads_waiting[conn] = time.monotonic() + MAX_UPLOAD_WAIT_SECONDS
        self._start_waiting_uploads()
        return True

    def _receive_more(self, conn: Connection, _socket: socket.socket) -> None:
        self.poller.unregister(conn.sock)
        if not self._receive(conn):
            self._wait_for_more(conn)

    def _wait_for_more(self, conn: Connection) -> None:
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._receive_more, conn))

    def _drop(self, conn: Connection) -> None:
        del self._arriving[conn]
        self.poller.unregister(conn.sock)
        self.nr_conns -= 1
        conn.close()

    def _start_waiting_uploads(self) -> None:
        while self._uploads_waiting and len(self._uploading) < self._max_uploading:
            conn = next(iter(self._uploads_waiting))
            del self._uploads_waiting[conn]
            self._uploading.add(conn)
            super().enqueue_req(conn)

    def _linger(self, conn: Connection) -> None:
        """Close our side, and let the main loop wait up to LINGER_SECONDS for the client to close its own."""
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
        if len(self._lingering) > MAX_LINGERING:
            self._stop_lingering(next(iter(self._lingering)))

    def _drain(self, conn: Connection, drained: list[int], _socket: socket.socket) -> None:
        try:
            piece = conn.sock.recv(CHUNK_BYTES)
        except BlockingIOError:
            return
        except OSError:
            piece = b""
        drained[0] += len(piece)
        if not piece or drained[0] > MAX_DRAINED_BYTES:
            self._stop_lingering(conn)

    def _stop_lingering(self, conn: Connection) -> None:
        del self._lingering[conn]
        self.poller.unregister(conn.sock)
        conn.close()

    def _close_listeners(self) -> None:
        for listener in self.sockets:
            for _ in range(MAX_BACKLOG):
                if not _has_pending_connection(listener):
                    break
                self.accept(listener)
            listener.close()
        self.sockets = []


class _TimeLimitedListener:
    """A listening socket that accepts TimeLimitedSocket connections."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self.getsockname = listener.getsockname

    def accept(self) -> tuple[TimeLimitedSocket, Any]:
        client, address = self._listener.accept()
        return TimeLimitedSocket(fileno=client.detach()), address


def _has_pending_connection(listener: socket.socket) -> bool:
    # Not select.select, which fails for file descriptors above 1023.
    poller = select.poll()
    poller.register(listener, select.POLLIN)
    return bool(poller.poll(0))
