"""RQ's two kinds of worker, with a stop that hands a run back instead of waiting minutes for it."""

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
    """Executes runs in its own process. It was forked with everything loaded, its connections stay open, and another
    fork for every run would cost more than the run. Whoever kills it kills one run, as before."""

    def work(self, *arguments: Any, **options: Any) -> bool:
        # What `Watch` wakes the main thread with: one that comes late ends nothing.
        signal.signal(signal.SIGUSR1, signal.SIG_IGN)
        return super().work(*arguments, **options)

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """End when the job at hand has ended; a run under way hands itself back, see `Watch`."""
        shutdown.begin()
        if self.get_state() != WorkerStatus.BUSY:
            raise StopRequested

    def execute_job(self, job: Job, queue: Queue) -> None:
        super().execute_job(job, queue)
        if shutdown.is_stopping():
            raise StopRequested


class QuickWorker(Worker):
    """Forks a work horse for every job: what goes wrong in one does not concern the next."""

    def handle_warm_shutdown_request(self) -> None:
        """Tell the work horse, too, and it alone, never its group."""
        super().handle_warm_shutdown_request()
        if self.horse_pid:
            os.kill(self.horse_pid, signal.SIGTERM)

    def setup_work_horse_signals(self) -> None:
        """A stop lets the short job finish."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)

    def main_work_horse(self, job: Job, queue: object) -> None:
        # A connection must not be shared with the parent: forget those that came over the fork.
        with app().app_context():
            db.engine.dispose(close=False)
        super().main_work_horse(job, queue)  # type: ignore[arg-type]
