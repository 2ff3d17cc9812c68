"""Notifications that ask for a decision: read by it for everybody, replaced by the next attempt, back by undo."""

import pytest

from helix.db.transaction import end_reading
from helix.extensions import db
from helix.models import Notification
from helix.models.vocabulary import BoardLevel, NotificationType, TaskStatus
from helix.services import attention, comments, navigation, tasks
from helix.services.notifications import counters
from tests.support.people import as_actor
from tests.support.results import answered

pytestmark = pytest.mark.every_database


@pytest.fixture
def agent(make):
    make.model()
    return make.agent(name="Sierra")


@pytest.fixture
def task(make, mia, agent):
    """A task of Mia's that waits for a decision: she and Ada, who watches all agents, were asked."""
    task = make.task("Weekly report", by=mia, agent=agent)
    answered(task, agent, "Revenue rose.")
    return task


def asked(task):
    """(person, is unread) of all that asked for a decision, and the counters agree with the rows."""
    end_reading()
    types = (NotificationType.APPROVAL_NEEDED, NotificationType.TASK_REVIEW)
    query = db.session.query(Notification).filter(Notification.target_id == task.id, Notification.type.in_(types))
    return sorted((one.user_id, not one.read) for one in query)


def unread(person):
    end_reading()
    count = counters.unread_count(as_actor(person))
    assert count == db.session.query(Notification).filter_by(user_id=person.id, read=False).count()
    return count


def bell(person):
    end_reading()
    found = navigation.page_context(as_actor(person))
    assert found.unread == attention.unread_elsewhere(as_actor(person))
    return found.unread


DECISIONS = {
    "approve": lambda actor, task: tasks.approve(actor, task.id),
    "reject": lambda actor, task: tasks.reject(actor, task.id, "Shorter."),
    "drag to approved": lambda actor, task: tasks.edit(actor, task.id, {"status": TaskStatus.APPROVED}),
    "drag back": lambda actor, task: tasks.edit(actor, task.id, {"status": TaskStatus.IN_PROGRESS}),
}


@pytest.mark.parametrize("decide", DECISIONS.values(), ids=DECISIONS)
def test_a_decision_marks_what_asked_for_it_as_read_for_everybody(ada, mia, task, decide):
    assert asked(task) == sorted([(ada.id, True), (mia.id, True)])

    decide(as_actor(mia), task)

    assert asked(task) == sorted([(ada.id, False), (mia.id, False)])
    assert unread(mia) == 0


def test_of_other_tasks_nothing_is_marked(make, ada, mia, agent, task):
    other = make.task("Other", by=mia, agent=agent)
    answered(other, agent, "Words.")

    tasks.approve(as_actor(mia), task.id)

    assert asked(other) == sorted([(ada.id, True), (mia.id, True)])


def test_undoing_brings_the_need_back(ada, mia, task):
    tasks.approve(as_actor(mia), task.id)
    tasks.undo_decision(as_actor(mia), task.id)

    assert asked(task) == sorted([(ada.id, True), (mia.id, True)])
    assert unread(mia) == 1


def test_only_what_asks_about_the_newest_attempt_comes_back(ada, mia, agent, task):
    tasks.reject(as_actor(mia), task.id, "Shorter.")
    answered(task, agent, "Rose.")
    assert asked(task) == sorted([(ada.id, False), (ada.id, True), (mia.id, False), (mia.id, True)])

    tasks.approve(as_actor(ada), task.id)
    tasks.undo_decision(as_actor(ada), task.id)

    assert asked(task) == sorted([(ada.id, False), (ada.id, True), (mia.id, False), (mia.id, True)])


def test_a_new_attempt_replaces_what_asked_about_the_one_before(ada, mia, agent, task):
    answered(task, agent, "Another answer, from a comment.")

    assert asked(task) == sorted([(ada.id, False), (ada.id, True), (mia.id, False), (mia.id, True)])


def test_the_bell_counts_what_is_not_in_needs_you(make, ada, mia, noah, agent, task):
    board = make.board()
    news = make.task("News", by=mia, board=board)
    comments.add(as_actor(noah), news.id, "@Mia please look")
    # Both are in "Needs you": the result to review, and the mention.
    assert (unread(mia), bell(mia)) == (2, 0)

    tasks.edit(as_actor(ada), news.id, {"status": TaskStatus.DONE})
    assert (unread(mia), bell(mia)) == (3, 1)

    assert attention.mark_elsewhere_read(as_actor(mia)) == 1
    assert (unread(mia), bell(mia)) == (2, 0)


def test_who_may_not_decide_has_it_in_the_bell(make, mia, noah, agent):
    board = make.board()
    make.grant(mia, board, BoardLevel.CREATE)
    task = make.task("Hers", by=mia, board=board, agent=agent)
    answered(task, agent, "Words.")
    assert bell(mia) == 0

    make.grant(noah, board, BoardLevel.VIEW)
    tasks.watch(as_actor(noah), task.id, watching=True)
    tasks.edit(as_actor(mia), task.id, {"status": TaskStatus.IN_PROGRESS})
    tasks.edit(as_actor(mia), task.id, {"status": TaskStatus.REVIEW})

    assert bell(noah) == 1


def test_the_list_leaves_out_what_is_in_needs_you_until_it_is_read(mia, task):
    actor = as_actor(mia)
    assert attention.notifications_elsewhere(actor, limit=5) == ([], None)

    tasks.approve(actor, task.id)

    end_reading()
    found, cursor = attention.notifications_elsewhere(actor, limit=5)
    assert ([row.type for row in found], cursor) == ([NotificationType.APPROVAL_NEEDED], None)
    assert attention.notifications_elsewhere(actor, limit=5, unread=True) == ([], None)
