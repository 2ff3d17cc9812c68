"""Delivery of notifications to Telegram: over real HTTP, with every failure, without duplicates."""

import re
import threading
from datetime import timedelta
from html import unescape

import pytest
import time_machine

from helix import clock
from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import BoardGrant, Organization, Task
from helix.models.vocabulary import BoardLevel, NotificationType, TaskStatus
from helix.services import comments, tasks, telegram
from helix.services.telegram import texts
from tests.support.people import as_actor
from tests.support.telegram_app import MIA, NOAH
from tests.support.waiting import wait_for


@pytest.fixture
def mention(telegram_app, ada):
    """Ada mentions Mia in a task."""
    task = telegram_app.make.task("Tea & <biscuits>", by=ada, board=telegram_app.board)

    def mention(text="@Mia look at 1 < 2 & <b>this</b>"):
        comments.add(as_actor(ada), task.id, text)
        return task

    return mention


def test_notifications_reach_people_who_linked_and_opted_in(telegram_app, mention, mia):
    task = mention()

    (message,) = telegram_app.delivered()

    assert "Ada mentioned you in Tea &amp; &lt;biscuits&gt;" in message.text
    assert "1 &lt; 2 &amp; &lt;b&gt;this&lt;/b&gt;" in message.text or "1 &lt; 2" in message.text
    assert f"/boards/{task.board_id}?task={task.id}" in message.text
    assert telegram_app.notifications(mia)[-1].telegram_sent


def test_nothing_is_sent_inside_the_request_and_telegram_sent_waits_for_success(telegram_app, mention, mia):
    mention()

    assert telegram_app.server.calls == []
    assert not telegram_app.notifications(mia)[-1].telegram_sent
    assert [row.status for row in telegram_app.rows()] == ["waiting"]


@pytest.mark.parametrize("what", ["not linked", "opted out", "switched off", "no token"])
def test_without_link_consent_or_bot_no_delivery_is_written(telegram_app, mention, mia, what):
    with transaction():
        organization, user = db.session.get_one(Organization, 1), db.session.get_one(type(mia), mia.id)
        if what == "not linked":
            user.telegram_user_id = None
        elif what == "opted out":
            user.telegram_notifications = False
        elif what == "switched off":
            organization.telegram_enabled = False
        else:
            organization.telegram_bot_token_encrypted = None

    mention()

    assert telegram_app.rows() == []


def test_several_workers_send_a_message_once(telegram_app, mention, clean_app):
    mention()
    telegram_app.server.fail("sendMessage", 200, seconds=0.5)
    (row,) = telegram_app.rows()
    number, barrier, outcomes = row.id, threading.Barrier(4), []

    def work():
        with clean_app.app_context():
            barrier.wait(10)
            outcomes.append(telegram.deliver(number))
            db.session.remove()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert sorted(outcomes) == [False, False, False, True]
    assert len(telegram_app.server.called("sendMessage")) == 1


def test_429_waits_as_long_as_asked_and_counts_no_attempt(telegram_app, mention):
    mention()
    mention()
    telegram_app.server.fail("sendMessage", 429, "Too Many Requests", retry_after=30)

    with time_machine.travel(clock.now(), tick=False) as traveller:
        assert telegram_app.delivered() == []
        assert len(telegram_app.server.called("sendMessage")) == 1
        assert [row.attempts for row in telegram_app.rows()] == [0, 0]
        traveller.shift(29)
        assert telegram_app.delivered() == []
        traveller.shift(2)
        assert len(telegram_app.delivered()) == 2


@pytest.mark.parametrize("status", [500, 502, 0])
def test_a_transient_failure_is_retried_with_growing_waits(telegram_app, mention, mia, status):
    mention()
    telegram_app.server.fail("sendMessage", status, times=3)
    waits = []

    with time_machine.travel(clock.now(), tick=False) as traveller:
        for _ in range(3):
            assert telegram_app.delivered() == []
            waits.append((telegram_app.rows()[0].next_at - clock.now()).total_seconds())
            traveller.shift(waits[-1] + 0.01)
        assert len(telegram_app.delivered()) == 1

    assert waits[0] < 7 < waits[2]
    assert telegram_app.notifications(mia)[-1].telegram_sent


def test_a_message_is_given_up_after_the_last_attempt(telegram_app, mention, mia):
    mention()
    telegram_app.server.fail("sendMessage", 500, times=50)

    with time_machine.travel(clock.now(), tick=False) as traveller:
        for _ in range(20):
            telegram_app.delivered()
            traveller.shift(timedelta(hours=1))

    (row,) = telegram_app.rows()
    assert row.status == "failed"
    assert row.attempts == len(telegram_app.server.called("sendMessage")) <= 14
    assert not telegram_app.notifications(mia)[-1].telegram_sent


def test_a_bad_token_keeps_messages_until_it_is_valid_again(telegram_app, mention):
    mention()
    telegram_app.server.token, right = "1:another", telegram_app.server.token

    with time_machine.travel(clock.now(), tick=False) as traveller:
        assert telegram_app.delivered() == []
        telegram_app.server.token = right
        traveller.shift(10)
        assert len(telegram_app.delivered()) == 1


def test_a_worker_that_dies_while_sending_does_not_lose_the_message(telegram_app, mention):
    from helix.services.telegram import TELEGRAM

    mention()
    TELEGRAM.claim_one(telegram_app.rows()[0].id)

    with time_machine.travel(clock.now(), tick=False) as traveller:
        assert telegram_app.delivered() == []
        traveller.shift(121)
        assert len(telegram_app.delivered()) == 1


def test_a_blocked_bot_switches_telegram_off_with_a_notification(telegram_app, mention, mia):
    mention()
    mention()
    telegram_app.server.block()

    telegram_app.delivered()

    assert not telegram_app.user(mia).telegram_notifications
    assert telegram_app.user(mia).telegram_user_id == MIA
    newest = telegram_app.notifications(mia)[-1]
    assert (newest.type, newest.title) == (NotificationType.MENTION, "Telegram was switched off")
    assert [row.status for row in telegram_app.rows()] == ["failed", "dropped"]
    assert len(telegram_app.server.called("sendMessage")) == 1


def test_a_person_who_lost_the_board_is_not_notified(telegram_app, mention, mia):
    task = mention()
    with transaction():
        db.session.add(BoardGrant(user_id=mia.id, board_id=task.board_id, level=BoardLevel.NONE))

    assert telegram_app.delivered() == []
    assert [row.status for row in telegram_app.rows()] == ["dropped"]


def test_every_message_fits_and_is_well_formed_whatever_people_write(telegram_app, ada, mia):
    for text in ("&" * 500, "<b>" * 160, "😀" * 300, '"><script>alert(1)</script>', "a\x01b", "‮evil"):
        task = telegram_app.make.task(text[:490], by=mia, board=telegram_app.board)
        comments.add(as_actor(ada), task.id, "@Mia " + text * 30)

    assert len(telegram_app.delivered()) == 6


def test_a_cut_never_splits_an_escape_or_a_character():
    assert texts.escaped("&" * 10, 5) == "&amp;" * 4 + "…"
    assert texts.escaped("😀" * 10, 5) == "😀😀…"
    assert texts.escaped("short", 5) == "short"


def test_without_redis_the_delivery_waits_for_the_scheduler(telegram_app, mention, monkeypatch):
    from helix.queue import connection
    from helix.services import maintenance

    with monkeypatch.context() as away:
        away.setattr(connection, "_url", "redis://127.0.0.1:9/0")
        mention()
        maintenance.send_telegram()

    assert len(telegram_app.server.in_chat(MIA)) == 1


def test_the_approvers_message_has_buttons_and_a_viewers_has_none(telegram_app, noah):
    telegram_app.link(noah, NOAH)
    task = telegram_app.waiting_result()

    assert set(telegram_app.asked().buttons) == {"Approve", "Send back"}
    assert telegram_app.delivered(NOAH) == []
    assert telegram_app.status(task) == TaskStatus.REVIEW


def test_the_approvers_message_has_the_beginning_of_the_result_and_a_link(telegram_app):
    task = telegram_app.waiting_result(result="# Tea\n\n\n\n1 < 2 & <b>hot</b>")

    message = telegram_app.asked()

    assert "<blockquote># Tea\n\n1 &lt; 2 &amp; &lt;b&gt;hot&lt;/b&gt;</blockquote>" in message.text
    assert "Write about tea" in message.text
    assert f"/boards/{task.board_id}?task={task.id}" in message.text


@pytest.mark.parametrize("letter", ["&", "<", "😀", "é", '"', "\n", "a "])
def test_a_long_result_is_cut_and_the_message_still_fits(telegram_app, letter):
    telegram_app.waiting_result("t" * 400, result="begins " + letter * 20_000)

    message = telegram_app.asked()

    shown = unescape(re.sub("<[^>]+>", "", message.text))
    assert "begins" in shown
    assert len(shown.encode("utf-16-le")) // 2 <= 4096
    assert set(message.buttons) == {"Approve", "Send back"}
    assert message.text.endswith("Open in HELIX</a>")


def test_after_the_decision_the_message_says_who_in_place_of_the_result(telegram_app, mia):
    task = telegram_app.waiting_result(result="Tea is hot.")
    telegram_app.asked()

    tasks.approve(as_actor(mia), task.id)
    (message, *_rest) = telegram_app.delivered()

    assert "Approved by Mia." in message.text
    assert "Tea is hot." not in message.text


def test_a_decision_on_the_web_before_sending_leaves_out_the_buttons(telegram_app, mia):
    task = telegram_app.waiting_result()

    tasks.approve(as_actor(mia), task.id)
    (message, *_rest) = telegram_app.delivered()

    assert message.buttons == {}
    assert "Approved by Mia." in message.text


def test_a_decision_on_the_web_at_the_moment_of_sending_updates_the_message(telegram_app, mia, clean_app):
    task = telegram_app.waiting_result()
    telegram_app.server.fail("sendMessage", 200, seconds=1)
    row_id, mia_id = telegram_app.rows()[0].id, mia.id

    def work():
        with clean_app.app_context():
            telegram.deliver(row_id)
            db.session.remove()

    sending = threading.Thread(target=work)
    sending.start()

    wait_for(lambda: telegram_app.server.called("sendMessage"))
    tasks.approve(as_actor(db.session.get_one(type(mia), mia_id)), task.id)
    sending.join(10)
    (message, *_rest) = telegram_app.delivered()

    assert message.buttons == {}
    assert "Approved by Mia." in message.text
    assert db.session.get_one(Task, task.id, populate_existing=True).status == TaskStatus.DONE


def test_a_person_who_lost_the_board_gets_no_waiting_messages(telegram_app, mention, mia):
    task = mention()
    telegram_app.make.grant(mia, db.session.get_one(type(telegram_app.board), task.board_id), BoardLevel.NONE)

    assert telegram_app.delivered() == []
    assert [row.status for row in telegram_app.rows()] == ["dropped"]


def test_a_person_who_lost_the_board_does_not_see_the_decision(telegram_app, mia, ada):
    task = telegram_app.waiting_result()
    asked = telegram_app.asked(task)
    telegram_app.make.grant(mia, telegram_app.board, BoardLevel.NONE)

    tasks.approve(as_actor(ada), task.id)

    (message,) = telegram_app.delivered()
    assert message.id == asked.id
    assert message.buttons == {}
    assert "no longer open to you" in message.text
    assert "tea" not in message.text
    assert "Ada" not in message.text
