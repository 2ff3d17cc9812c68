"""The notification counters always equal a count of the rows."""

import pytest
from sqlalchemy import delete, event, func, insert, select

from helix import clock
from helix.db.transaction import end_reading, transaction
from helix.extensions import db
from helix.models import Notification, NotificationTally
from helix.models.vocabulary import NotificationType
from helix.services import attention
from helix.services.maintenance import tallies
from helix.services.notifications import counters, inbox
from helix.services.paging import PageRequest
from tests.support.people import as_actor


def tell(person, count, *, since=0):
    with transaction():
        rows = [
            {
                "user_id": person.id,
                "event_key": f"event-{number}",
                "type": NotificationType.MENTION,
                "title": "You were mentioned",
                "message": "",
                "target_type": "task",
                "url": "",
                "read": False,
                "telegram_sent": False,
                "created_at": clock.now(),
            }
            for number in range(since, since + count)
        ]
        db.session.execute(insert(Notification), rows)


def kept(person):
    """How many there are and how many are unread, by the ledger, which is compared with the rows themselves."""
    end_reading()
    actor = as_actor(person)
    read = list(db.session.scalars(select(Notification.read).where(Notification.user_id == person.id)))
    result = inbox.list_notifications(actor, PageRequest(limit=1))
    assert counters.unread_count(actor) == result.unread == read.count(False)
    assert result.page.total == len(read)
    assert inbox.list_notifications(actor, PageRequest(limit=1), read=True).page.total == read.count(True)
    return len(read), read.count(False)


def ids_of(person):
    return list(db.session.scalars(select(Notification.id).where(Notification.user_id == person.id)))


def test_the_count_follows_new_read_and_purged_notifications(ada, mia):
    assert kept(ada) == (0, 0)

    tell(ada, 5)
    tell(mia, 2)
    assert (kept(ada), kept(mia)) == ((5, 5), (2, 2))

    first, second, *_ = ids_of(ada)
    inbox.mark_read(as_actor(ada), first)
    inbox.mark_read(as_actor(ada), first)
    assert kept(ada) == (5, 4)

    with transaction():
        db.session.execute(delete(Notification).where(Notification.id.in_([first, second])))
    assert kept(ada) == (3, 3)

    inbox.mark_all_read(as_actor(ada))
    assert (kept(ada), kept(mia)) == ((3, 0), (2, 2))


def test_a_change_that_is_rolled_back_writes_no_delivery(ada):
    tell(ada, 3)

    def change_and_fail():
        with transaction():
            db.session.execute(delete(Notification).where(Notification.user_id == ada.id))
            raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        change_and_fail()

    assert kept(ada) == (3, 3)


def test_other_changes_of_notifications_do_not_change_the_count(ada):
    tell(ada, 3)
    with transaction():
        for one in db.session.scalars(select(Notification)):
            one.telegram_sent = True

    assert kept(ada) == (3, 3)
    assert db.session.scalar(select(func.sum(func.abs(NotificationTally.amount)))) == 3


def test_folding_keeps_the_counts_with_one_row_for_each_person(ada, mia, monkeypatch):
    monkeypatch.setattr(tallies, "WORTH_FOLDING", 4)
    for number in range(3):
        tell(ada, 2, since=number * 2)
    tell(mia, 1)
    inbox.mark_all_read(as_actor(mia))

    tallies.fold_tallies()

    assert (kept(ada), kept(mia)) == ((6, 6), (1, 0))
    assert db.session.scalar(select(func.count(NotificationTally.id))) == 2


@pytest.mark.every_database
def test_the_number_at_the_bell_is_read_from_the_unread_notifications_alone(ada):
    actor, sent = as_actor(ada), []
    tell(ada, 2000)
    inbox.mark_all_read(actor)
    tell(ada, 20, since=2000)
    if db.engine.dialect.name == "postgresql":
        # The planner's statistics of the table are those of earlier tests.
        with db.engine.begin() as connection:
            connection.exec_driver_sql("ANALYZE notifications")

    def note(_connection, _cursor, statement, values, *_):
        sent.append((statement, values))

    event.listen(db.engine, "before_cursor_execute", note)
    attention.unread_elsewhere(actor)
    event.remove(db.engine, "before_cursor_execute", note)

    assert plan(*sent[-1]).count("ix_notifications_unread") == 2


def plan(statement, values):
    """How the database reads it; PostgreSQL would read the whole of such a small table without the setting."""
    is_sqlite = db.engine.dialect.name == "sqlite"
    with db.engine.connect() as connection:
        if not is_sqlite:
            connection.exec_driver_sql("SET enable_seqscan = off")
        found = connection.exec_driver_sql(f"EXPLAIN {'QUERY PLAN ' if is_sqlite else ''}{statement}", values).all()
        connection.invalidate()
    return "\n".join(str(row[-1]) for row in found)
