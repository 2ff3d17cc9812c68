from sqlalchemy import func, select

from helix.extensions import db
from helix.models import Activity, Agent, Board, BudgetMonth, Notification, Run, Task, TaskTally
from helix.services import runs


def test_a_rehearsal_leaves_nothing_behind(clean_app):
    runs.rehearse()

    left = [
        table.__name__
        for table in (Run, Task, Agent, Board, Activity, Notification, BudgetMonth, TaskTally)
        if db.session.scalar(select(func.count()).select_from(table))
    ]
    assert left == []
