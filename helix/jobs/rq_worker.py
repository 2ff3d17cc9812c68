"""RQ's forking worker, with a stop that hands the run back instead of waiting minutes for it."""

import logging
import os
import signal

from rq import Worker
from rq.job import Job
from sqlalchemy.exc import SQLAlchemyError

from helix.extensions import db
from helix.jobs.context import app
from helix.jobs.runs import worker_name
from helix.queue import RUNS
from helix.services import runs

log = logging.getLogger(__name__)


class HelixWorker(Worker):
    def handle_warm_shutdown_request(self) -> None:
        """Tell the work horse, too: it hands its run back within moments. Sent to it alone, never to the group."""
        super().handle_warm_shutdown_request()
        if self.horse_pid:
            os.kill(self.horse_pid, signal.SIGTERM)

    def setup_work_horse_signals(self) -> None:
        """Until a run is under way, a stop lets the short job finish; `Watch` puts its own handler in."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)

    def handle_work_horse_killed(self, job: Job, retpid: int, ret_val: int, rusage: object) -> None:
        """RQ only notes the death; the run that the horse held is closed now and gets its next attempt."""
        super().handle_work_horse_killed(job, retpid, ret_val, rusage)
        if self.queue_names() != [RUNS]:
            return
        with app().app_context():
            try:
                runs.lost_by(worker_name(retpid))
            except SQLAlchemyError as error:
                log.warning("The lost run is left to the sweeper, the database did not answer: %s", error)
            finally:
                db.session.remove()
                db.engine.dispose()  # the next horse must not inherit this connection

    def main_work_horse(self, job: Job, queue: object) -> None:
        # A connection must not be shared with the parent: forget those that came over the fork.
        with app().app_context():
            db.engine.dispose(close=False)
        super().main_work_horse(job, queue)  # type: ignore[arg-type]
