"""A quick worker in a thread of the test process: real queue and jobs, without forking."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from rq import SimpleWorker
from rq.timeouts import TimerDeathPenalty

from helix import queue
from helix.jobs import context
from helix.queue.connection import blocking_redis


class _ThreadWorker(SimpleWorker):
    death_penalty_class = TimerDeathPenalty

    def _install_signal_handlers(self) -> None:
        """A thread has no signals."""


@contextmanager
def quick_worker(app: Flask) -> Iterator[None]:
    context.bind(app)
    stop = threading.Event()
    connection = blocking_redis()

    def work() -> None:
        while not stop.wait(0.02):
            queue.say_alive(queue.QUICK, "test")
            _ThreadWorker([queue.QUICK], connection=connection).work(burst=True, logging_level="ERROR")

    thread = threading.Thread(target=work, daemon=True)
    queue.say_alive(queue.QUICK, "test")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(10)
        connection.close()
