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

    def work_off(self) -> None:
        """Execute what is queued. `work` of RQ would set handlers of signals, which a thread cannot."""
        self.bootstrap(logging_level="ERROR")
        try:
            while found := self.dequeue_job_and_maintain_ttl(timeout=None):
                self.execute_job(*found)
        finally:
            self.teardown()


@contextmanager
def quick_worker(app: Flask) -> Iterator[None]:
    context.bind(app)
    stop = threading.Event()
    connection = blocking_redis()

    def work() -> None:
        while not stop.wait(0.02):
            queue.report_alive(queue.QUICK, "test")
            _ThreadWorker([queue.QUICK], connection=connection).work_off()

    thread = threading.Thread(target=work, daemon=True)
    queue.report_alive(queue.QUICK, "test")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(10)
        connection.close()
