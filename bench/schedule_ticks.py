"""10,000 schedules: what a round of the scheduler costs, and how late tasks are created.

`python -m bench.schedule_ticks`, on SQLite or on the servers of the TEST_ variables. The schedules have minutes of the
hour at random, so that some 170 are due each minute. The clock is simulated: a round takes the processor time that it
takes, which is more meaningful on a shared machine, and the next one begins five seconds later.
"""

import os
import random
import statistics
import time
from datetime import timedelta
from typing import Any

from bench.execution.rows import installation
from helix.jobs.scheduler import EVERY_SECONDS

SCHEDULES = 10_000
MINUTES = 6


def main() -> None:
    with installation(HELIX_DEMO_DELAY_SECONDS="0") as running:
        os.environ |= running.environment

        from helix.app import create_app

        with create_app().app_context():
            _add_schedules()
            _measure()


def _add_schedules() -> None:
    from sqlalchemy import insert

    from helix import clock
    from helix.db.transaction import transaction
    from helix.db.write import table, write
    from helix.extensions import db
    from helix.models import Board, Schedule, User
    from helix.services.schedules import times

    boards = [board.id for board in db.session.query(Board)]
    owner = db.session.query(User).first()
    assert owner is not None
    draw, now = random.Random(7), clock.now()
    rows = []
    for number in range(SCHEDULES):
        cron = f"{draw.randrange(60)} * * * *"
        due = next(times.following(cron, "UTC", now))
        template = {"title": f"Report {number} of {{date}}", "description": "", "priority": "medium", "tags": []}
        template |= {"due_in": None, "requires_approval": True}
        row = {"name": f"Report {number}", "board_id": draw.choice(boards), "template": template, "cron": cron}
        row |= {"timezone": "UTC", "overlap": "skip", "catch_up": "one", "due_at": due, "next_at": due}
        row |= {"grace_seconds": 600, "jitter_seconds": 0, "failures_in_a_row": 0, "version": 1}
        row |= {"created_by_user_id": owner.id, "created_at": now, "updated_at": now}
        rows.append(row)
    with transaction():
        write(insert(table(Schedule)), rows)


def _measure() -> None:
    from sqlalchemy import select

    from helix import clock
    from helix.extensions import db
    from helix.models import ScheduleFiring
    from helix.services import schedules

    idle, busy, late = list[float](), list[float](), list[float]()
    began = now = clock.now()
    seen: set[tuple[Any, ...]] = set()
    while now < began + timedelta(minutes=MINUTES):
        started = time.process_time()
        count = schedules.tick(now)
        took = time.process_time() - started
        (busy if count else idle).append(took)
        db.session.rollback()
        # Counted as created at the end of the round: later than it was.
        for firing in db.session.execute(select(ScheduleFiring.schedule_id, ScheduleFiring.due_at)):
            if tuple(firing) not in seen:
                seen.add(tuple(firing))
                late.append((now + timedelta(seconds=took) - firing.due_at).total_seconds())
        now += timedelta(seconds=took + EVERY_SECONDS)
    print(f"{SCHEDULES:,} schedules, {len(late):,} tasks created in {MINUTES} minutes on {db.engine.dialect.name}")
    print(f"a round with nothing due: {statistics.median(idle) * 1000:.1f} ms (slowest {max(idle) * 1000:.1f})")
    print(f"a round with tasks: {statistics.median(busy):.2f} s, {1000 * sum(busy) / len(late):.1f} ms for each task")
    quantiles = statistics.quantiles(late, n=20)
    print(
        f"late: half under {statistics.median(late):.1f} s, 95 % under {quantiles[18]:.1f} s, at most {max(late):.1f} s"
    )


if __name__ == "__main__":
    main()
