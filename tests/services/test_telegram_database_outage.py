"""Telegram updates by webhook while the database is unavailable are retried, not lost."""

import pytest
from sqlalchemy.exc import OperationalError

from helix.bot import updates, webhook
from helix.extensions import db
from helix.jobs import context
from helix.jobs import telegram as jobs
from helix.queue.jobs import QUICK, queue
from helix.services.runs import retry_on_db_loss
from tests.support.telegram_app import MIA


@pytest.fixture
def stop(telegram_app):
    """Mia wants to hear no more."""
    return telegram_app.server.write(MIA, "/stop")


@pytest.fixture
def away(clean_app, monkeypatch):
    """How often the database does not answer before it handles an update."""
    monkeypatch.setattr(context, "_app", clean_app)
    monkeypatch.setattr(retry_on_db_loss, "PATIENCE_SECONDS", 3.0)
    handle, left = updates.handle, []

    def handled(bot, update):
        if left:
            left.pop()
            gone()
        handle(bot, update)

    monkeypatch.setattr(updates, "handle", handled)
    return left


def gone(*_args, **_options):
    raise OperationalError("SELECT 1", {}, ConnectionError("server closed the connection"))


def queued():
    return [(job.func_name, tuple(job.args)) for job in queue(QUICK).jobs]


def test_an_update_is_refused_while_the_database_is_unavailable(api, stop, monkeypatch):
    path = f"/telegram/webhook/{webhook.path_secret()}"
    headers = {"X-Telegram-Bot-Api-Secret-Token": webhook.header_secret()}

    with monkeypatch.context() as patch:
        patch.setattr(db.session, "execute", gone)
        refused = api.post(path, json=stop, headers=headers)
    waiting = queued()
    taken = api.post(path, json=stop, headers=headers)

    assert (refused.status_code, waiting) == (503, [])
    assert (taken.status_code, queued()) == (204, [("helix.jobs.telegram.handle", (stop,))])


def test_a_worker_waits_through_a_short_database_outage(telegram_app, mia, stop, away):
    away += [1]

    jobs.handle(stop)

    assert telegram_app.user(mia).telegram_user_id is None


def test_an_accepted_update_stays_in_the_queue_during_a_database_outage(telegram_app, mia, stop, away):
    away += [1] * 9

    with pytest.raises(OperationalError):
        jobs.handle(stop)
    waiting = queued()
    away.clear()
    jobs.handle(*waiting[0][1])

    assert waiting == [("helix.jobs.telegram.handle", (stop,))]
    assert telegram_app.user(mia).telegram_user_id is None
