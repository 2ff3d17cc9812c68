"""Webhooks with several workers, without Redis, after changes in another process, and after purging."""

import threading
from datetime import timedelta

import pytest

from helix import clock, queue
from helix.db.transaction import transaction
from helix.extensions import db
from helix.jobs import context
from helix.jobs import webhooks as jobs
from helix.models import Organization, Webhook, WebhookDelivery
from helix.models.events import EVENTS
from helix.queue.connection import redis
from helix.queue.jobs import queue as rq_queue
from helix.services import maintenance, webhooks
from helix.services.activity import outbox
from helix.services.maintenance import send_webhooks
from tests.support.people import as_actor


def test_two_workers_send_every_delivery_once(clean_app, hooks, receiver, make, mia):
    board = make.board()
    hook = hooks.make(events=["task.created"])
    for number in range(12):
        make.task(f"Task {number}", by=mia, board=board)
    start = threading.Barrier(2)

    def work():
        with clean_app.app_context():
            start.wait()
            webhooks.deliver_due(seconds=120)

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert sorted(told.json["data"]["task"]["title"] for told in receiver.told) == sorted(
        f"Task {number}" for number in range(12)
    )
    assert {row.status for row in hooks.rows(hook)} == {"delivered"}


def test_a_delivery_whose_worker_died_is_due_again_under_the_same_id(hooks, receiver, make, mia):
    hook = hooks.make(events=["task.created"])
    make.task(by=mia)
    row = hooks.rows(hook)[0]
    with transaction():  # as a claim leaves it that nobody settles
        db.session.query(WebhookDelivery).update({"attempts": 1, "next_at": clock.now() - timedelta(seconds=1)})

    webhooks.deliver_due()

    assert [told.id for told in receiver.told] == [row.message_id]
    assert hooks.rows(hook)[0].attempts == 2


def test_a_change_while_redis_is_unreachable_is_sent_by_the_scheduler(hooks, receiver, make, mia, clean_app):
    hook = hooks.make(events=["task.created"])
    board = make.board()
    address = clean_app.config["HELIX"].resolved_redis_url
    queue.use("redis://127.0.0.1:1/0")
    try:
        make.task("Kept", by=mia, board=board)
        waiting = [row.status for row in hooks.rows(hook)]
        send_webhooks()
    finally:
        queue.use(address)

    assert waiting == ["waiting"]
    assert receiver.events == ["task.created"]
    assert [row.status for row in hooks.rows(hook)] == ["delivered"]


def test_many_changes_enqueue_one_job_and_a_change_during_it_another(hooks, clean_app, make, mia):
    context.bind(clean_app)
    board = make.board()
    hooks.make(events=["task.created"])
    redis().flushdb()

    for _ in range(5):
        make.task(by=mia, board=board)
    asked = rq_queue(queue.QUICK).count
    jobs.deliver_due()
    make.task(by=mia, board=board)

    assert asked == 1
    assert rq_queue(queue.QUICK).count == 2


def test_a_webhook_that_another_process_made_a_moment_ago_is_caught_up(hooks, receiver, make, mia, monkeypatch):
    board = make.board()
    make.task("Before", by=mia, board=board)
    hook = hooks.make(events=["task.created"])
    monkeypatch.setattr(outbox, "_subscribed", frozenset)  # as in a process with an older cache
    make.task("Missed", by=mia, board=board)
    monkeypatch.undo()
    make.task("Known", by=mia, board=board)
    missed = len(hooks.rows(hook))

    outbox.catch_up()
    outbox.catch_up()
    webhooks.deliver_due()

    assert missed == 1
    assert sorted(told.json["data"]["task"]["title"] for told in receiver.told) == ["Known", "Missed"]


def test_a_change_costs_one_statement_with_a_webhook_for_it_and_none_without(hooks, make, mia, statements, monkeypatch):
    monkeypatch.setattr(outbox, "CACHE_SECONDS", 3600)  # on a slow machine it would be read again in between
    board = make.board()

    def cost():
        with statements() as sent:
            make.task(by=mia, board=board)
        return len(sent)

    cost()
    nobody = cost()
    hooks.make(events=["skill.created"])
    cost()
    others = cost()
    hooks.make(events=["task.created"])
    cost()
    somebody = cost()

    assert others == nobody
    assert somebody == nobody + 1


@pytest.mark.parametrize(("retention", "left"), [(None, 1), (10, 0)])
def test_the_log_is_purged_after_a_month_or_after_what_the_organization_keeps(hooks, make, mia, retention, left):
    board = make.board()
    hook = hooks.make(events=["task.created"])
    for age in (31, 20):
        make.task(by=mia, board=board)
        with transaction():
            newest = hooks.rows(hook)[-1].id
            db.session.get_one(WebhookDelivery, newest).created_at = clock.now() - timedelta(days=age)
    with transaction():
        db.session.get_one(Organization, 1).retention_days = retention

    maintenance.purge_deliveries()

    assert len(hooks.rows(hook)) == left


def test_deleting_a_webhook_deletes_its_deliveries(hooks, receiver, make, mia, ada):
    hook = hooks.make(events=["task.created"])
    make.task(by=mia)

    webhooks.delete(as_actor(ada), hook.id)
    webhooks.deliver_due()

    assert (db.session.query(Webhook).count(), hooks.rows(), receiver.told) == (0, [], [])


def test_every_recorded_event_can_be_chosen(root):
    import re

    written = "".join(path.read_text() for path in (root / "helix" / "services").rglob("*.py"))
    nouns = "|".join({event.partition(".")[0] for event in EVENTS})

    recorded = set(re.findall(rf'"((?:{nouns})\.[a-z_]+)"', written)) - {"webhook.test", "skill.md"}

    assert recorded == set(EVENTS)
