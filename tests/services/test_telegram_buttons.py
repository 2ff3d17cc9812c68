"""Telegram buttons and replies use the rights of the moment."""

import time_machine

from helix import clock
from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import BoardGrant, Comment
from helix.models.vocabulary import BoardLevel, TaskStatus
from helix.services import tasks
from helix.services.telegram import signing
from tests.support.people import as_actor
from tests.support.telegram_app import ADA, MIA, NOAH, STRANGER


def feedback_of(task):
    return [row.content for row in db.session.query(Comment).filter_by(task_id=task.id, kind="feedback")]


def question(telegram_app):
    return next(message for message in telegram_app.delivered() if message.asks_reply)


def test_approve_approves_and_the_message_says_who(telegram_app, mia):
    task = telegram_app.waiting_result()
    message = telegram_app.asked()

    told = telegram_app.press(message, "Approve")
    telegram_app.delivered()

    assert told == "Approved."
    assert telegram_app.status(task) == TaskStatus.DONE
    assert tasks.get(as_actor(mia), task.id).approved_by_user_id == mia.id
    assert "Approved by Mia." in message.text
    assert message.buttons == {}


def test_approve_pressed_twice_approves_once(telegram_app):
    telegram_app.waiting_result()
    message = telegram_app.asked()
    press = telegram_app.server.press(MIA, message, "Approve")

    telegram_app.handle(press)
    telegram_app.handle(press)
    telegram_app.delivered()

    assert telegram_app.server.answers == ["Approved.", "Approved by Mia."]
    assert message.edits == 1


def test_a_decision_on_the_web_updates_every_message(telegram_app, ada):
    telegram_app.link(ada, ADA)
    task = telegram_app.waiting_result()
    messages = [telegram_app.asked(chat=MIA), telegram_app.asked(chat=ADA)]

    tasks.reject(as_actor(ada), task.id, "Warmer, please")
    telegram_app.delivered()

    assert all("Sent back by Ada." in message.text and not message.buttons for message in messages)


def test_send_back_asks_for_feedback_and_takes_the_reply(telegram_app):
    task = telegram_app.waiting_result()
    message = telegram_app.asked()

    telegram_app.press(message, "Send back")
    told = telegram_app.write("Warmer, please", reply_to=question(telegram_app))
    telegram_app.delivered()

    assert told == "Sent back with your feedback."
    assert telegram_app.status(task) == TaskStatus.REJECTED
    assert feedback_of(task) == ["Warmer, please"]
    assert "Sent back by Mia." in message.text


def test_send_back_pressed_and_answered_twice_is_sent_back_once(telegram_app):
    task = telegram_app.waiting_result()
    message = telegram_app.asked()

    for _ in range(2):
        telegram_app.press(message, "Send back")
    questions = [message for message in telegram_app.delivered() if message.asks_reply]
    reply = telegram_app.server.write(MIA, "Warmer", questions[0])
    telegram_app.handle(reply)
    telegram_app.handle(reply)

    assert len(questions) == 1
    assert feedback_of(task) == ["Warmer"]
    assert telegram_app.server.in_chat(MIA)[-1].text == "Sent back by Mia."


def test_a_reply_without_words_is_asked_for_again(telegram_app):
    task = telegram_app.waiting_result()
    telegram_app.press(telegram_app.asked(), "Send back")
    asked = question(telegram_app)

    first = telegram_app.write(None, reply_to=asked)
    second = telegram_app.write("Warmer", reply_to=asked)

    assert "Reply with text" in first
    assert second == "Sent back with your feedback."
    assert feedback_of(task) == ["Warmer"]


def test_a_button_does_nothing_for_a_person_who_lost_the_right(telegram_app, mia):
    task = telegram_app.waiting_result()
    message = telegram_app.asked()
    with transaction():
        db.session.add(BoardGrant(user_id=mia.id, board_id=task.board_id, level=BoardLevel.VIEW))

    told = telegram_app.press(message, "Approve")

    assert "may see this task but not change it" in told
    assert telegram_app.status(task) == TaskStatus.REVIEW


def test_a_button_does_nothing_for_an_unlinked_or_deactivated_person(telegram_app, mia):
    task = telegram_app.waiting_result()
    message = telegram_app.asked()
    with transaction():
        db.session.get_one(type(mia), mia.id).is_active = False

    assert "not linked" in telegram_app.press(message, "Approve")
    assert "not linked" in telegram_app.press(message, "Approve", chat=STRANGER)
    assert telegram_app.status(task) == TaskStatus.REVIEW


def test_a_button_is_valid_for_its_person_verb_and_message_only(telegram_app, noah, ada):
    telegram_app.link(ada, ADA)
    telegram_app.link(noah, NOAH)
    task = telegram_app.waiting_result()
    data = telegram_app.asked().buttons["Approve"]
    _, number, mark = data.split(":")
    forged = [f"b:{number}:{mark}", f"a:{int(number) + 1}:{mark}", f"a:{number}:", f"a:{number}", "", "x" * 64, "a:١:x"]

    for wrong in forged:
        telegram_app.handle(telegram_app.server.press_data(MIA, wrong))
    telegram_app.handle(telegram_app.server.press_data(ADA, data))
    telegram_app.handle(telegram_app.server.press_data(NOAH, data))

    assert set(telegram_app.server.answers) == {"This button is not valid."}
    assert telegram_app.status(task) == TaskStatus.REVIEW
    assert len(signing.button(signing.SEND_BACK, 2**53).encode()) <= 64


def test_an_old_message_approves_no_newer_result(telegram_app, ada):
    task = telegram_app.waiting_result()
    old = telegram_app.asked()
    buttons = dict(old.buttons)
    tasks.reject(as_actor(ada), task.id, "Again")
    telegram_app.new_result(task)

    telegram_app.handle(telegram_app.server.press_data(MIA, buttons["Approve"]))

    assert telegram_app.server.answers == ["Sent back by Ada."]
    assert telegram_app.status(task) == TaskStatus.REVIEW
    assert telegram_app.asked() is not old


def test_another_persons_question_cannot_be_answered(telegram_app, noah):
    telegram_app.link(noah, NOAH)
    task = telegram_app.waiting_result()
    telegram_app.press(telegram_app.asked(), "Send back")

    told = telegram_app.write("Mean words", chat=NOAH, reply_to=question(telegram_app))

    assert told.startswith("You are linked as Noah")
    assert telegram_app.status(task) == TaskStatus.REVIEW


def test_the_question_can_be_asked_again_after_a_minute(telegram_app):
    telegram_app.waiting_result()
    message = telegram_app.asked()
    telegram_app.press(message, "Send back")
    telegram_app.delivered()

    with time_machine.travel(clock.now(), tick=False) as traveller:
        traveller.shift(61)
        telegram_app.press(message, "Send back")
        asked = [message for message in telegram_app.delivered() if message.asks_reply]

    assert len(asked) == 2
