"""The two kinds of RQ worker. When stopped, they return a run to the queue instead of waiting minutes for it."""

import os
import signal
from types import FrameType
from typing import Any

from rq import Queue, SimpleWorker, Worker
from rq.exceptions import StopRequested
from rq.job import Job
from rq.worker import WorkerStatus

from helix import shutdown
from helix.extensions import db
from helix.jobs.context import app


class RunsWorker(SimpleWorker):
    """Executes runs in its own process, without a work horse.

    It was forked with everything loaded and keeps its connections open; another fork would cost more than the run. If
    it is killed, one run is lost, as with a work horse.
    """

    def work(self, *arguments: Any, **options: Any) -> bool:
        # `Watch` interrupts the main thread with it. Ignored outside of a run, so that a late one does no harm.
        signal.signal(signal.SIGUSR1, signal.SIG_IGN)
        return super().work(*arguments, **options)

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """Stop after the current job; a run in progress is returned to the queue, see `Watch`."""
        shutdown.begin()
        if self.get_state() != WorkerStatus.BUSY:
            raise StopRequested

    def execute_job(self, job: Job, queue: Queue) -> None:
        super().execute_job(job, queue)
        if shutdown.is_stopping():
            raise StopRequested


class QuickWorker(Worker):
    """Forks a work horse for every job, so that a failed job does not affect the next."""

    def handle_warm_shutdown_request(self) -> None:
        """Signal the work horse too, but not its process group."""
        super().handle_warm_shutdown_request()
        if self.horse_pid:
            os.kill(self.horse_pid, signal.SIGTERM)

    def setup_work_horse_signals(self) -> None:
        """Ignore stop signals, so that the short job finishes."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)

    def main_work_horse(self, job: Job, queue: object) -> None:
        # Connections must not be shared with the parent: drop the inherited ones.
        with app().app_context():
            db.engine.dispose(close=False)
        super().main_work_horse(job, queue)  # type: ignore[arg-type]
