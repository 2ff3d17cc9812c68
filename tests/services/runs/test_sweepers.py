"""Several sweepers at once, in threads: a lost run gets one replacement."""

from concurrent.futures import ThreadPoolExecutor

import time_machine

from helix import clock
from helix.extensions import db
from helix.models import Run
from helix.models.vocabulary import RunStatus
from helix.services import runs
from tests.support.people import as_actor


def test_four_sweepers_at_once_close_each_lost_run_once(clean_app, ada, make):
    make.model()
    for _ in range(3):
        runs.start(as_actor(ada), make.task(agent=make.agent()).id)
        assert runs.claim("a worker that dies")
    db.session.remove()

    def sweep(_number):
        with clean_app.app_context():
            return runs.sweep().lost

    with time_machine.travel(clock.now().timestamp() + 31, tick=True), ThreadPoolExecutor(4) as threads:
        lost = list(threads.map(sweep, range(4)))

    states = [run.status for run in db.session.query(Run).order_by(Run.id)]
    assert sum(lost) == 3
    assert states.count(RunStatus.FAILED) == states.count(RunStatus.QUEUED) == 3
