"""The recipients of each kind of notification."""

import threading

import pytest
from sqlalchemy import event, select

from helix.db.transaction import end_reading, transaction
from helix.extensions import db
from helix.models import AgentWatch, Notification, Run, Task, TaskWatch, User
from helix.models.vocabulary import BoardLevel, RunStatus, TaskStatus, Trigger
from helix.models.vocabulary import FailureReason as Reason
from helix.models.vocabulary import NotificationType as Type
from helix.policies.actor import SYSTEM, agent_actor
from helix.services import accounts, comments, notifications, tasks
from tests.support.people import PASSWORD, as_actor


@pytest.fixture
def office(people, make):
    """A board that members see only with a grant, an agent, and a task of Mia's for it. Everybody's news are fresh."""
    return Office(people, make)


class Office:
    def __init__(self, people, make):
        self.people, self.make = people, make
        with transaction():
            from helix.services import settings

            settings.organization().default_board_level = BoardLevel.NONE
        self.board = make.board()
        for name in ("mia", "noah"):
            make.grant(self[name], self.board, BoardLevel.CREATE)
        for name in ("viewer", "manager", "stranger", "commenter", "named", "watcher", "stopped", "closed"):
            accounts.create(SYSTEM, name=name.title(), email=f"{name}@example.com", password=PASSWORD)
        for name in ("viewer", "commenter", "named", "watcher", "stopped", "closed"):
            make.grant(self[name], self.board, BoardLevel.VIEW)
        make.grant(self["manager"], self.board, BoardLevel.MANAGE)
        self.ada = people.ada
        self.agent = make.agent(name="Sierra")
        self.task = make.task("Write about tea", by=people.mia, board=self.board)

    def __getitem__(self, name) -> User:
        if name in ("ada", "mia", "noah"):
            return getattr(self.people, name)
        return db.session.scalars(select(User).where(User.email_key == f"{name}@example.com")).one()

    def populate(self):
        """Everybody stands to the task in the way that his name says; strangers and the closed do everything."""
        comments.add(as_actor(self["commenter"]), self.task.id, "I know tea")
        comments.add(as_actor(self["noah"]), self.task.id, "Ask @Named and @Stranger and @Closed")
        self.watch("watcher", "stranger", "closed", "manager")
        self.watch("stopped", watching=False)
        comments.add(as_actor(self["stopped"]), self.task.id, "I have seen enough")
        with transaction():
            db.session.get_one(User, self["closed"].id).is_active = False
            db.session.get_one(Task, self.task.id).assigned_agent_id = self.agent.id
        self.forget()

    def watch(self, *names, watching=True):
        with transaction():
            db.session.add_all(
                [TaskWatch(task_id=self.task.id, user_id=self[name].id, watching=watching) for name in names]
            )

    def watch_agent(self, name, *, watching=True):
        with transaction():
            db.session.add(AgentWatch(agent_id=self.agent.id, user_id=self[name].id, watching=watching))

    def forget(self):
        with transaction():
            db.session.execute(Notification.__table__.delete())

    def told(self, type_=None):
        end_reading()
        query = select(User.name).join(Notification, Notification.user_id == User.id)
        found = db.session.scalars(query.where(Notification.type == type_) if type_ else query).all()
        assert len(found) == len(set(found)), "somebody was told twice"
        return {name.lower() for name in found}

    def fresh_task(self):
        return db.session.get_one(Task, self.task.id, populate_existing=True)


AUDIENCE = {"mia", "commenter", "noah", "named", "watcher", "manager"}


def assigned(office, by):
    notifications.task_assigned(by, office.fresh_task(), office.agent)


def completed(office, by):
    notifications.task_completed(by, office.fresh_task())


def asks(office, by):
    notifications.approval_needed(agent_actor(office.agent.id, "Sierra"), office.fresh_task())


def in_review(office, by):
    notifications.in_review(by, office.fresh_task())


def failed(office, by):
    task = office.fresh_task()
    run = Run(
        task_id=task.id,
        agent_id=office.agent.id,
        trigger=Trigger.MANUAL,
        status=RunStatus.FAILED,
        reason=Reason.NO_MODEL,
        message="No model.",
        came_from=TaskStatus.TODO,
        queued_at=task.created_at,
    )
    db.session.add(run)
    db.session.flush()
    notifications.agent_error(task, run)


@pytest.mark.parametrize(
    ("what", "by", "type_", "expected"),
    [
        (assigned, "noah", Type.TASK_ASSIGNED, {"ada", "mia"}),
        (assigned, "mia", Type.TASK_ASSIGNED, {"ada"}),
        (completed, "ada", Type.TASK_COMPLETED, AUDIENCE),
        (completed, "manager", Type.TASK_COMPLETED, AUDIENCE - {"manager"}),
        (asks, "ada", Type.APPROVAL_NEEDED, {"ada", "mia", "manager"}),
        (in_review, "mia", Type.TASK_REVIEW, AUDIENCE - {"mia"}),
        (failed, "ada", Type.AGENT_ERROR, AUDIENCE | {"ada"}),
    ],
)
def test_the_table(office, what, by, type_, expected):
    office.populate()

    with transaction():
        what(office, as_actor(office[by]))

    assert office.told() == office.told(type_) == expected


def test_an_admin_may_stop_watching_an_agent_and_a_member_may_begin(office):
    office.populate()
    office.watch_agent("ada", watching=False)
    office.watch_agent("viewer")
    office.watch_agent("stranger")

    with transaction():
        assigned(office, as_actor(office["noah"]))

    assert office.told() == {"mia", "viewer"}


def test_a_watcher_who_may_not_approve_is_not_asked(office):
    office.watch("watcher", "noah")

    with transaction():
        asks(office, None)

    assert office.told() == {"mia"}


def test_the_creator_may_stop_watching_a_task(office):
    office.watch("mia", watching=False)

    with transaction():
        completed(office, as_actor(office["ada"]))

    assert office.told() == set()


def test_a_mention_notifies_a_person_who_sees_the_task_but_not_its_author(office):
    office.watch("stopped", watching=False)

    comments.add(as_actor(office["noah"]), office.task.id, "@Noah @Stranger @Stopped @Mia @Mia look")

    assert office.told(Type.MENTION) == {"stopped", "mia"}


def test_editing_a_comment_notifies_nobody_twice(office):
    comment = comments.add(as_actor(office["noah"]), office.task.id, "@Mia look")

    comments.edit(as_actor(office["noah"]), comment.id, "nothing")
    comments.edit(as_actor(office["noah"]), comment.id, "@Mia look again")

    assert office.told(Type.MENTION) == {"mia"}


def test_approving_notifies_the_recipients_but_not_the_approver(office):
    task = office.make.task(by=office["mia"], board=office.board, status=TaskStatus.REVIEW)
    office.forget()

    tasks.approve(as_actor(office["ada"]), task.id)

    assert office.told() == {"mia"}


def test_the_number_of_statements_does_not_grow_with_the_thread(office):
    office.populate()

    def statements():
        seen = []

        def note(*args):
            seen.append(args[2])

        task = office.fresh_task()
        event.listen(db.engine, "before_cursor_execute", note)
        try:
            notifications.task_completed(as_actor(office["ada"]), task)
        finally:
            event.remove(db.engine, "before_cursor_execute", note)
        return [statement for statement in seen if not statement.startswith(("BEGIN", "SAVEPOINT"))]

    few = statements()
    for number in range(30):
        comments.add(as_actor(office["noah"]), office.task.id, f"@Mia number {number}")
    many = statements()

    # The actor, who is told, the news, and their way to Telegram.
    assert len(few) == len(many) <= 5, many


def test_concurrent_writes_of_an_event_notify_a_person_once(office, clean_app):
    office.populate()
    task_id, agent_id, barrier, failures = office.task.id, office.agent.id, threading.Barrier(4), []

    def tell():
        with clean_app.app_context():
            try:
                barrier.wait(10)
                with transaction():
                    notifications.approval_needed(agent_actor(agent_id, "Sierra"), db.session.get_one(Task, task_id))
            except Exception as error:  # noqa: BLE001 - shown by the test
                failures.append(error)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=tell) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert failures == []
    assert office.told(Type.APPROVAL_NEEDED) == {"ada", "mia", "manager"}
