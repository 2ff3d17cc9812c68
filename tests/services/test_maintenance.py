"""Retention: what is purged and what is kept, in small batches."""

from datetime import timedelta
from io import BytesIO

import pytest
import time_machine
from sqlalchemy import String, event, func, select, update

from helix import clock
from helix.db.transaction import end_reading, transaction
from helix.extensions import db
from helix.models import (
    Activity,
    Comment,
    Delivery,
    HumanRequest,
    Notification,
    Organization,
    Run,
    RunMessage,
    RunStep,
    Task,
    TaskAttachment,
    ToolCall,
)
from helix.models.vocabulary import NotificationType, RequestKind, RunStatus, StepKind, TaskStatus, Trigger
from helix.services import comments, maintenance, stored_files, tasks
from helix.services.maintenance import purging
from tests.support.people import as_actor
from tests.support.requests import a_call, a_run, ask


@pytest.fixture(autouse=True)
def an_empty_store(clean_app):
    for key in list(stored_files.store().keys()):
        stored_files.store().delete(key)
    purging._suspects.clear()


def count(table):
    end_reading()
    return db.session.scalar(select(func.count()).select_from(table))


def days(number):
    return time_machine.travel(clock.now() + timedelta(days=number))


def keep_file(task=None):
    key = stored_files.store().save(BytesIO(b"tea"), limit=100).key
    if task is not None:
        with transaction():
            file = TaskAttachment(
                task_id=task.id, file_key=key, name="t.txt", content_type="text/plain", size=3, created_at=clock.now()
            )
            db.session.add(file)
    return key


def add_run(task, agent, *, finished=True):
    with transaction():
        run = Run(
            task_id=task.id,
            agent_id=agent.id,
            trigger=Trigger.MENTION,
            status=RunStatus.SUCCEEDED if finished else RunStatus.RUNNING,
            came_from=TaskStatus.TODO,
            queued_at=clock.now(),
            finished_at=clock.now() if finished else None,
        )
        db.session.add(run)
        db.session.flush()
        db.session.add(
            RunStep(run_id=run.id, number=1, kind=StepKind.OUTPUT, title="Answer", started_at=clock.now(), details={})
        )
    return run


def test_a_deleted_task_is_purged_after_30_days_with_everything_of_it(ada, make):
    task, kept = make.task(), make.task()
    comments.add(as_actor(ada), task.id, "Goodbye")
    add_run(task, make.agent())
    key, kept_key = keep_file(task), keep_file(kept)
    tasks.delete(as_actor(ada), task.id)

    with days(29):
        assert maintenance.purge_deleted_tasks() == 0
    with days(31):
        assert maintenance.purge_deleted_tasks() == 1

    assert [count(table) for table in (Task, Comment, Run, RunStep, TaskAttachment)] == [1, 0, 0, 0, 1]
    assert [stored_files.store().exists(one) for one in (key, kept_key)] == [False, True]


def test_many_deleted_tasks_are_purged_in_small_transactions(ada, make):
    board = make.board()
    for number in range(45):
        tasks.delete(as_actor(ada), make.task(f"Task {number}", board=board).id)
    commits = []

    def note(connection):
        commits.append(connection)

    event.listen(db.engine, "commit", note)
    try:
        with days(31):
            gone = maintenance.purge_deleted_tasks()
    finally:
        event.remove(db.engine, "commit", note)

    assert gone == 45
    assert len(commits) >= 3
    assert count(Task) == 0


def test_a_round_ends_in_time_and_the_next_one_continues(ada, make, monkeypatch):
    board = make.board()
    for number in range(45):
        tasks.delete(as_actor(ada), make.task(f"Task {number}", board=board).id)
    monkeypatch.setattr(purging, "ROUND_SECONDS", 0)

    with days(31):
        rounds = [maintenance.purge_deleted_tasks() for _ in range(4)]

    assert rounds == [20, 20, 5, 0]


def past(make, ada):
    task, agent = make.task(), make.agent()
    shown, old, live = add_run(task, agent), add_run(task, agent), add_run(task, agent, finished=False)
    with transaction():
        db.session.get_one(Task, task.id).last_run_id = shown.id
        db.session.add(
            Notification(
                user_id=ada.id,
                event_key="x",
                type=NotificationType.MENTION,
                title="x",
                message="",
                target_type="task",
                created_at=clock.now(),
            )
        )
    return shown.id, old.id, live.id


def test_the_past_is_purged_after_retention_days_except_runs_that_tasks_show(ada, make):
    shown, _old, live = past(make, ada)
    with transaction():
        db.session.get_one(Organization, 1).retention_days = 90

    with days(89):
        assert maintenance.purge_past() == 0
    with days(91):
        assert maintenance.purge_past() > 0

    assert [count(table) for table in (Activity, Notification)] == [0, 0]
    assert set(db.session.scalars(select(Run.id))) == {shown, live}


def add_attempt(task, agent, status, conversation=None):
    """A run with a message, a call and a request, all of one conversation."""
    run = a_run(task, agent, status, conversation_id=conversation, finished_at=None if status.is_live else clock.now())
    call = a_call(run)
    with transaction():
        facts = {"role": "user", "body": {"role": "user", "content": "Make tea"}}
        db.session.add(
            RunMessage(conversation_id=run.conversation_id, number=call.message_number, run_id=run.id, **facts)
        )
    ask(run, call, kind=RequestKind.QUESTION, title="Green?")
    return run


def test_messages_calls_and_requests_are_purged_with_their_run(make):
    agent = make.agent()
    add_attempt(make.task(), agent, RunStatus.SUCCEEDED)
    kept = add_attempt(make.task(), agent, RunStatus.WAITING)
    with transaction():
        db.session.get_one(Organization, 1).retention_days = 90
        # What a task shows is kept.
        db.session.execute(update(Task).values(last_run_id=None))

    with days(91):
        maintenance.purge_past()

    for table in (RunMessage, ToolCall, HumanRequest):
        assert db.session.scalars(select(table.run_id)).all() == [kept.id]


def test_what_a_live_run_continues_is_kept(make):
    """Its worker was lost a long time ago, and the next attempt still waits for an answer."""
    task, agent = make.task(), make.agent()
    first = add_attempt(task, agent, RunStatus.FAILED)
    second = add_attempt(task, agent, RunStatus.WAITING, first.conversation_id)
    with transaction():
        db.session.get_one(Organization, 1).retention_days = 1

    with days(5):
        maintenance.purge_past()
        assert set(db.session.scalars(select(RunMessage.run_id))) == {first.id, second.id}
        with transaction():
            ended = {"status": RunStatus.SUCCEEDED, "finished_at": clock.now()}
            db.session.execute(update(Run).where(Run.id == second.id).values(ended))
        maintenance.purge_past()

    assert set(db.session.scalars(select(RunMessage.run_id))) == {second.id}


def test_without_retention_days_nothing_is_purged(ada, make):
    past(make, ada)
    before = [count(table) for table in (Activity, Notification, Run)]

    with days(4000):
        assert maintenance.purge_past() == 0

    assert [count(table) for table in (Activity, Notification, Run)] == before


def test_old_deliveries_are_purged_and_new_ones_kept(clean_app):
    now = clock.now()
    with transaction():
        for age in (40, 35, 31, 2):
            moment = now - timedelta(days=age)
            db.session.add(Delivery(channel="telegram", status="sent", next_at=moment, created_at=moment))

    assert maintenance.purge_deliveries() == 3
    assert count(Delivery) == 1


def test_a_file_without_a_row_is_deleted_after_an_hour(make, ada):
    named, orphan = keep_file(make.task()), keep_file()

    assert maintenance.remove_orphans() == 0
    with time_machine.travel(clock.now() + timedelta(minutes=30)):
        assert maintenance.remove_orphans() == 0
    with time_machine.travel(clock.now() + timedelta(minutes=61)):
        assert maintenance.remove_orphans() == 1

    assert [stored_files.store().exists(key) for key in (named, orphan)] == [True, False]


def test_every_column_that_names_a_file_is_known():
    """One that is forgotten would have its files deleted as orphans, and left out of backups."""
    named = {f"{table.name}.{c.name}" for table in db.metadata.sorted_tables for c in table.columns if is_file_key(c)}

    assert {f"{column.class_.__tablename__}.{column.key}" for column in stored_files.FILE_KEY_COLUMNS} == named


def is_file_key(column) -> bool:
    return isinstance(column.type, String) and column.type.length == 100 and column.name.endswith("_key")


def test_a_file_whose_row_is_committed_late_is_kept(make):
    task, key = make.task(), keep_file()
    maintenance.remove_orphans()
    with transaction():
        db.session.add(
            TaskAttachment(
                task_id=task.id, file_key=key, name="t", content_type="text/plain", size=3, created_at=clock.now()
            )
        )

    with time_machine.travel(clock.now() + timedelta(hours=2)):
        assert maintenance.remove_orphans() == 0

    assert stored_files.store().exists(key)


def test_a_whole_round_of_the_scheduler_does_all_of_it(clean_app):
    maintenance._last.clear()

    maintenance.tick()

    assert {"telegram", "deleted_tasks", "past", "deliveries", "orphans"} <= set(maintenance._last)
