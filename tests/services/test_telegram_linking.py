"""Linking, unlinking, testing the bot, and updates by polling or webhook."""

import threading
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import time_machine

from helix import clock
from helix.bot import callbacks, polling, webhook
from helix.db.transaction import end_reading, transaction
from helix.errors import Conflict
from helix.extensions import db
from helix.models import Organization
from helix.models.vocabulary import TaskStatus
from helix.services import secrets
from tests.support.telegram_app import MIA, NOAH, STRANGER
from tests.support.telegram_server import NAME, TOKEN


def code_of(reply):
    return parse_qs(urlsplit(reply.json["url"]).query)["start"][0]


def new_code(api, user):
    reply = api.as_(user).post("/api/auth/me/telegram-link")
    assert reply.status_code == 200, reply.json
    assert reply.json["url"].startswith(f"https://t.me/{NAME}?start=")
    return code_of(reply)


def test_a_code_links_once(telegram_app, api, noah):
    code = new_code(api, noah)

    first = telegram_app.write(f"/start {code}", chat=NOAH)
    second = telegram_app.write(f"/start {code}", chat=STRANGER)

    assert "Linked with Noah" in first
    assert "used already" in second
    assert telegram_app.user(noah).telegram_user_id == NOAH
    assert telegram_app.user(noah).telegram_notifications


def test_the_same_start_again_says_that_it_is_linked(telegram_app, api, noah):
    start = telegram_app.server.write(NOAH, f"/start {new_code(api, noah)}")

    telegram_app.handle(start)
    telegram_app.handle(start)

    assert "You are linked as Noah" in telegram_app.server.in_chat(NOAH)[-1].text


def test_expired_and_replaced_codes_link_nobody(telegram_app, api, noah):
    replaced = new_code(api, noah)
    old = new_code(api, noah)

    assert "too old" in telegram_app.write(f"/start {replaced}", chat=NOAH)
    with time_machine.travel(clock.now() + timedelta(minutes=31)):
        assert "too old" in telegram_app.write(f"/start {old}", chat=NOAH)
    assert telegram_app.user(noah).telegram_user_id is None


def test_a_code_takes_the_account_from_a_person_who_typed_its_number(telegram_app, api, noah, mia):
    telegram_app.write(f"/start {new_code(api, noah)}", chat=MIA)

    assert telegram_app.user(noah).telegram_user_id == MIA
    assert telegram_app.user(mia).telegram_user_id is None
    assert not telegram_app.user(mia).telegram_notifications


def test_two_people_with_codes_for_one_account_end_with_one_of_them(telegram_app, api, noah, ada, clean_app):
    from helix.services.telegram import linking

    codes, barrier = [new_code(api, noah), new_code(api, ada)], threading.Barrier(2)

    def link(code):
        with clean_app.app_context():
            barrier.wait(10)
            try:
                linked.append(linking.link_by_code(code, STRANGER) is not None)
            except Conflict:
                linked.append(False)
            db.session.remove()

    linked = []
    threads = [threading.Thread(target=link, args=(code,)) for code in codes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert len(linked) == 2
    assert any(linked)
    assert [telegram_app.user(user).telegram_user_id for user in (noah, ada)].count(STRANGER) == 1


def test_the_later_of_two_concurrent_links_gets_a_conflict_and_may_retry(telegram_app, api, noah, monkeypatch):
    """Both looked, and found nobody; then the other one was written first."""
    from helix.services.telegram import linking

    code = new_code(api, noah)
    with monkeypatch.context() as moment:
        moment.setattr(linking, "_take_from_others", lambda *_: None)
        told = telegram_app.write(f"/start {code}", chat=MIA)
    between = telegram_app.user(noah).telegram_user_id

    assert "linked with somebody else" in told
    assert between is None
    assert "Linked with Noah" in telegram_app.write(f"/start {code}", chat=MIA)


def test_stop_unlinks(telegram_app, mia):
    told = telegram_app.write("/stop")

    assert "Unlinked" in told
    assert telegram_app.user(mia).telegram_user_id is None


def test_unlinking_by_the_api(telegram_app, api, mia):
    replies = [api.as_(mia).delete("/api/auth/me/telegram-link") for _ in range(2)]

    assert [reply.status_code for reply in replies] == [204, 204]
    assert telegram_app.user(mia).telegram_user_id is None


def test_a_link_without_a_bot_says_what_is_missing(clean_app, api, mia):
    reply = api.as_(mia).post("/api/auth/me/telegram-link")

    assert reply.status_code == 409
    assert "admin" in reply.json["detail"]


def test_unlinked_people_and_groups_get_hardly_any_answers(telegram_app):
    group = telegram_app.server.write(MIA, "/stop")
    group["message"]["chat"] = {"id": -5, "type": "group"}

    telegram_app.handle(group)

    assert telegram_app.write("hello", chat=STRANGER) is None
    assert "Link Telegram" in telegram_app.write("/start", chat=STRANGER)
    assert telegram_app.server.in_chat(MIA) == []


def test_testing_the_bot_keeps_its_name(telegram_app, api, ada, mia):
    with transaction():
        db.session.get_one(Organization, 1).telegram_bot_username = None

    refused = api.as_(mia).post("/api/org/telegram/test")
    reply = api.as_(ada).post("/api/org/telegram/test")

    assert refused.status_code == 403
    assert reply.json == {"success": True, "message": f"The bot @{NAME} answers.", "bot_username": NAME}
    end_reading()
    assert db.session.get_one(Organization, 1).telegram_bot_username == NAME


def test_a_wrong_token_is_reported_and_never_shown(telegram_app, api, ada):
    with transaction():
        db.session.get_one(Organization, 1).telegram_bot_token_encrypted = secrets.encrypt("99999:AAAAAAAAAAAAAAAAAAAA")

    reply = api.as_(ada).post("/api/org/telegram/test")

    assert reply.json["success"] is False
    assert "BotFather" in reply.json["message"]
    assert "AAAA" not in reply.text


def test_a_test_message_arrives_or_says_why_not(telegram_app, api, mia, noah):
    sent = api.as_(mia).post("/api/auth/me/telegram-test")
    telegram_app.server.fail("sendMessage", 400, "Bad Request: chat not found")
    refused = api.as_(mia).post("/api/auth/me/telegram-test")
    unlinked = api.as_(noah).post("/api/auth/me/telegram-test")

    assert sent.json["success"]
    assert "It works" in telegram_app.server.in_chat(MIA)[0].text
    assert (refused.json["success"], "press Start" in refused.json["message"]) == (False, True)
    assert unlinked.status_code == 409


def test_polling_handles_each_update_once_and_remembers_where_it_was(telegram_app):
    task = telegram_app.waiting_result()
    telegram_app.server.press(MIA, telegram_app.asked(), "Approve")

    rests = [polling.poll(wait_seconds=0), polling.poll(wait_seconds=0)]

    assert rests == [0, 0]
    assert telegram_app.status(task) == TaskStatus.DONE
    assert telegram_app.server.answers == ["Approved."]


def test_another_bot_counts_its_updates_from_the_start(telegram_app):
    with transaction():
        organization = db.session.get_one(Organization, 1)
        organization.telegram_update_bot, organization.telegram_update_offset = "555", 10_000_000

    telegram_app.server.write(MIA, "/stop")
    polling.poll(wait_seconds=0)

    assert "Unlinked" in telegram_app.server.in_chat(MIA)[-1].text


def test_an_update_that_breaks_does_not_stop_those_after_it(telegram_app, monkeypatch, caplog):

    def broken(*args):
        raise ZeroDivisionError

    monkeypatch.setattr(callbacks, "answer_press", broken)
    telegram_app.server.press_data(MIA, "x")
    telegram_app.server.write(MIA, "/stop")

    polling.poll(wait_seconds=0)

    assert "could not be handled" in caplog.text
    assert "Unlinked" in telegram_app.server.in_chat(MIA)[-1].text


def test_a_webhook_left_at_telegram_is_deleted_before_polling(telegram_app):
    telegram_app.server.webhook = {"url": "https://old.example"}

    polling.poll(wait_seconds=0)

    assert telegram_app.server.webhook is None


def test_updates_by_webhook_go_through_the_queue(telegram_app, api, ada):
    with transaction():
        db.session.get_one(Organization, 1).public_url = "https://helix.example"
    switched = api.as_(ada).put("/api/org/telegram/webhook", json={"enabled": True})
    told = telegram_app.server.webhook
    path, headers = urlsplit(told["url"]).path, {"X-Telegram-Bot-Api-Secret-Token": told["secret_token"]}
    update = telegram_app.server.write(MIA, "/stop")

    taken = api.post(path, json=update, headers=headers)
    wrong = [
        api.post(path + "x", json=update, headers=headers),
        api.post(path, json=update),
        api.post("/telegram/webhook/é", json=update, headers=headers),
    ]

    assert (switched.status_code, taken.status_code) == (200, 204)
    assert [reply.status_code for reply in wrong] == [404, 404, 404]
    assert polling.poll(wait_seconds=0) > 0
    assert queued() == [("helix.jobs.telegram.handle", (update,))]


def queued():
    from helix.queue.jobs import QUICK, queue

    return [(job.func_name, tuple(job.args)) for job in queue(QUICK).jobs]


def test_the_webhook_needs_tls_and_an_admin(telegram_app, api, ada, mia):
    with transaction():
        db.session.get_one(Organization, 1).public_url = "http://helix.example"

    assert api.as_(ada).put("/api/org/telegram/webhook", json={"enabled": True}).status_code == 409
    assert api.as_(mia).put("/api/org/telegram/webhook", json={"enabled": True}).status_code == 403


def test_the_secrets_of_the_webhook_differ_and_hold_no_token(telegram_app):
    assert webhook.path_secret() not in webhook.header_secret()
    assert TOKEN not in webhook.path_secret()
