"""The adapter against a real HTTP server that speaks the Bot API."""

import logging
import threading
import time

import pytest

from helix.telegram import BadToken, Blocked, Busy, Button, Refused, RetryAfter, Temporary, open_bot, read_update
from tests.support.telegram_server import NAME, TOKEN, TelegramServer


@pytest.fixture
def telegram():
    with TelegramServer() as server:
        yield server


@pytest.fixture
def bot(telegram):
    with open_bot(telegram.url, TOKEN, seconds=1) as bot:
        yield bot


def test_a_bot_tells_its_name(bot):
    me = bot.get_me()

    assert (me.id, me.username) == (7000001, NAME)


def test_a_message_arrives_as_html_with_its_buttons(telegram, bot):
    number = bot.send_message(
        "4711", "<b>Done</b> &amp; dusted", buttons=[Button("Approve", "a:1"), Button("No", "b:1")]
    )

    assert telegram.called("sendMessage")[0]["parse_mode"] == "HTML"
    assert telegram.messages[0].id == number
    assert telegram.messages[0].buttons == {"Approve": "a:1", "No": "b:1"}


def test_buttons_stand_in_columns(telegram, bot):
    buttons = [Button(str(number), f"a:{number}") for number in range(3)]

    bot.send_message("4711", "Two", buttons=buttons)
    bot.send_message("4711", "One", buttons=buttons, columns=1)

    lines = [[len(line) for line in message.markup["inline_keyboard"]] for message in telegram.messages]
    assert lines == [[2, 1], [1, 1, 1]]


def test_a_question_opens_a_reply(telegram, bot):
    bot.send_message("4711", "What should be different?", ask_reply="Your feedback")

    assert telegram.messages[0].asks_reply


def test_an_edit_replaces_the_words_and_takes_the_buttons_away(telegram, bot):
    number = bot.send_message("4711", "Waits", buttons=[Button("Approve", "a:1")])

    bot.edit_message("4711", number, "Approved by Ada")
    bot.edit_message("4711", number, "Approved by Ada")

    assert telegram.messages[0].text == "Approved by Ada"
    assert telegram.messages[0].buttons == {}


def test_a_long_poll_returns_as_soon_as_somebody_writes(telegram, bot):
    threading.Timer(0.2, telegram.write, ("4711", "/stop")).start()
    began = time.monotonic()

    updates = bot.get_updates(0, wait_seconds=20)

    assert time.monotonic() - began < 10
    assert updates[0].message.text == "/stop"
    assert updates[0].message.sender == "4711"
    assert bot.get_updates(updates[0].id + 1, wait_seconds=0) == []


def test_a_pressed_button_comes_with_who_pressed_it(telegram, bot):
    telegram.press_data("4711", "a:1")

    press = bot.get_updates(0, wait_seconds=0)[0].press

    assert (press.sender, press.data) == ("4711", "a:1")


@pytest.mark.parametrize(
    ("status", "words", "expected"),
    [
        (401, "Unauthorized", BadToken),
        (404, "Not Found", BadToken),
        (403, "Forbidden: bot was blocked by the user", Blocked),
        (400, "Bad Request: chat not found", Blocked),
        (400, "Bad Request: can't parse entities", Refused),
        (500, "Internal Server Error", Temporary),
        (502, "", Temporary),
        (0, "", Temporary),
    ],
)
def test_every_failure_has_its_type(telegram, bot, status, words, expected):
    telegram.fail("sendMessage", status, words)

    with pytest.raises(expected):
        bot.send_message("4711", "Hello")


def test_too_much_says_how_long_to_wait(telegram, bot):
    telegram.fail("sendMessage", 429, "Too Many Requests: retry after 17", retry_after=17)

    with pytest.raises(RetryAfter) as caught:
        bot.send_message("4711", "Hello")

    assert caught.value.seconds == 17


def test_silence_ends_in_time(telegram, bot):
    telegram.fail("sendMessage", 200, seconds=3)
    began = time.monotonic()

    with pytest.raises(Temporary):
        bot.send_message("4711", "Hello")

    assert time.monotonic() - began < 2.5


def test_a_host_that_refuses_is_temporary():
    with open_bot("http://127.0.0.1:9", TOKEN) as bot, pytest.raises(Temporary):
        bot.get_me()


def test_a_webhook_elsewhere_is_told_apart(telegram, bot):
    bot.set_webhook("https://helix.example/telegram/webhook/x", "secret")

    with pytest.raises(Busy) as caught:
        bot.get_updates(0, wait_seconds=0)

    assert caught.value.webhook
    bot.delete_webhook()
    assert bot.get_updates(0, wait_seconds=0) == []


@pytest.mark.parametrize("token", [None, "", "../../etc", "12:short", "1234:abc/../../../getMe", "123456:ключключключ"])
def test_what_is_no_token_is_never_sent(telegram, token):
    with pytest.raises(BadToken):
        open_bot(telegram.url, token)

    assert telegram.calls == []


def test_the_token_is_in_no_log_line_and_no_error(telegram, bot, caplog, monkeypatch):
    # Reading alembic.ini disables every logger that there is.
    monkeypatch.setattr(logging.getLogger("httpx"), "disabled", False)
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, logger="httpx")  # litellm, once loaded, turns it down
    telegram.fail("getMe", 400, f"Bad Request: see /bot{TOKEN}/getMe")

    with pytest.raises(Refused) as refused:
        bot.get_me()
    with open_bot("http://127.0.0.1:9", TOKEN) as away, pytest.raises(Temporary) as lost:
        away.get_me()

    secret = TOKEN.split(":")[1]
    assert "HTTP Request: POST" in caplog.text
    assert all(secret not in text for text in (caplog.text, str(refused.value), str(lost.value), repr(bot)))


@pytest.mark.parametrize(
    "junk",
    [None, [], "x", {}, {"update_id": "1"}, {"update_id": None}],
)
def test_what_is_no_update_is_read_as_none(junk):
    assert read_update(junk) is None


@pytest.mark.parametrize(
    "content",
    [
        {"message": None},
        {"message": {"from": {"id": "x"}}},
        {"message": {"from": {"id": 1, "is_bot": True}, "text": "/start"}},
        {"callback_query": {"from": {"id": 1}}},
        {"edited_message": {"from": {"id": 1}, "text": "x"}},
    ],
)
def test_an_update_that_we_do_not_know_has_no_content(content):
    update = read_update({"update_id": 5, **content})

    assert (update.message, update.press) == (None, None)
