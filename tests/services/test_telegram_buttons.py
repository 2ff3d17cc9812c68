"""What people do in Telegram, with the rights they have at that moment."""

import time_machine

from helix import clock
from helix.extensions import db
from helix.models import BoardGrant, Comment
from helix.models.vocabulary import BoardLevel, TaskStatus
from helix.services import tasks
from helix.services.telegram import signing
from helix.transaction import transaction
from tests.support.cast import acting
from tests.support.telegram_house import ADA, MIA, NOAH, STRANGER


def feedback_of(task):
    return [row.content for row in db.session.query(Comment).filter_by(task_id=task.id, kind="feedback")]


def question(telegram_house):
    return next(message for message in telegram_house.delivered() if message.asks_reply)


def test_approve_approves_and_the_message_says_who(telegram_house, mia):
    task = telegram_house.waiting_result()
    message = telegram_house.asked()

    told = telegram_house.press(message, "Approve")
    telegram_house.delivered()

    assert told == "Approved."
    assert telegram_house.status(task) == TaskStatus.DONE
    assert tasks.get(acting(mia), task.id).approved_by_user_id == mia.id
    assert "Approved by Mia." in message.text
    assert message.buttons == {}


def test_pressed_twice_it_is_approved_once(telegram_house):
    telegram_house.waiting_result()
    message = telegram_house.asked()
    press = telegram_house.server.press(MIA, message, "Approve")

    telegram_house.handle(press)
    telegram_house.handle(press)
    telegram_house.delivered()

    assert telegram_house.server.answers == ["Approved.", "Approved by Mia."]
    assert message.edits == 1


def test_decided_on_the_web_every_message_says_so(telegram_house, ada):
    telegram_house.link(ada, ADA)
    task = telegram_house.waiting_result()
    messages = [telegram_house.asked(chat=MIA), telegram_house.asked(chat=ADA)]

    tasks.reject(acting(ada), task.id, "Warmer, please")
    telegram_house.delivered()

    assert all("Sent back by Ada." in message.text and not message.buttons for message in messages)


def test_send_back_asks_for_words_and_the_reply_becomes_the_feedback(telegram_house):
    task = telegram_house.waiting_result()
    message = telegram_house.asked()

    telegram_house.press(message, "Send back")
    told = telegram_house.write("Warmer, please", reply_to=question(telegram_house))
    telegram_house.delivered()

    assert told == "Sent back with your feedback."
    assert telegram_house.status(task) == TaskStatus.REJECTED
    assert feedback_of(task) == ["Warmer, please"]
    assert "Sent back by Mia." in message.text


def test_send_back_pressed_and_answered_twice_is_sent_back_once(telegram_house):
    task = telegram_house.waiting_result()
    message = telegram_house.asked()

    for _ in range(2):
        telegram_house.press(message, "Send back")
    questions = [message for message in telegram_house.delivered() if message.asks_reply]
    reply = telegram_house.server.write(MIA, "Warmer", questions[0])
    telegram_house.handle(reply)
    telegram_house.handle(reply)

    assert len(questions) == 1
    assert feedback_of(task) == ["Warmer"]
    assert telegram_house.server.in_chat(MIA)[-1].text == "Sent back by Mia."


def test_a_reply_without_words_is_asked_for_again(telegram_house):
    task = telegram_house.waiting_result()
    telegram_house.press(telegram_house.asked(), "Send back")
    asked = question(telegram_house)

    first = telegram_house.write(None, reply_to=asked)
    second = telegram_house.write("Warmer", reply_to=asked)

    assert "Reply with text" in first
    assert second == "Sent back with your feedback."
    assert feedback_of(task) == ["Warmer"]


def test_who_lost_his_rights_meanwhile_can_press_in_vain(telegram_house, mia):
    task = telegram_house.waiting_result()
    message = telegram_house.asked()
    with transaction():
        db.session.add(BoardGrant(user_id=mia.id, board_id=task.board_id, level=BoardLevel.VIEW))

    told = telegram_house.press(message, "Approve")

    assert "may see this task but not change it" in told
    assert telegram_house.status(task) == TaskStatus.REVIEW


def test_who_unlinked_or_was_deactivated_can_press_in_vain(telegram_house, mia):
    task = telegram_house.waiting_result()
    message = telegram_house.asked()
    with transaction():
        db.session.get_one(type(mia), mia.id).is_active = False

    assert "not linked" in telegram_house.press(message, "Approve")
    assert "not linked" in telegram_house.press(message, "Approve", chat=STRANGER)
    assert telegram_house.status(task) == TaskStatus.REVIEW


def test_a_button_serves_for_its_person_its_verb_and_its_message_alone(telegram_house, noah, ada):
    telegram_house.link(ada, ADA)
    telegram_house.link(noah, NOAH)
    task = telegram_house.waiting_result()
    data = telegram_house.asked().buttons["Approve"]
    _, number, mark = data.split(":")
    forged = [f"b:{number}:{mark}", f"a:{int(number) + 1}:{mark}", f"a:{number}:", f"a:{number}", "", "x" * 64, "a:١:x"]

    for wrong in forged:
        telegram_house.handle(telegram_house.server.press_data(MIA, wrong))
    telegram_house.handle(telegram_house.server.press_data(ADA, data))
    telegram_house.handle(telegram_house.server.press_data(NOAH, data))

    assert set(telegram_house.server.answers) == {"This button is not valid."}
    assert telegram_house.status(task) == TaskStatus.REVIEW
    assert len(signing.button(signing.SEND_BACK, 2**53).encode()) <= 64


def test_an_old_message_approves_no_newer_result(telegram_house, ada):
    task = telegram_house.waiting_result()
    old = telegram_house.asked()
    buttons = dict(old.buttons)
    tasks.reject(acting(ada), task.id, "Again")
    telegram_house.new_result(task)

    telegram_house.handle(telegram_house.server.press_data(MIA, buttons["Approve"]))

    assert telegram_house.server.answers == ["Sent back by Ada."]
    assert telegram_house.status(task) == TaskStatus.REVIEW
    assert telegram_house.asked() is not old


def test_somebody_elses_question_cannot_be_answered(telegram_house, noah):
    telegram_house.link(noah, NOAH)
    task = telegram_house.waiting_result()
    telegram_house.press(telegram_house.asked(), "Send back")

    told = telegram_house.write("Mean words", chat=NOAH, reply_to=question(telegram_house))

    assert told.startswith("You are linked as Noah")
    assert telegram_house.status(task) == TaskStatus.REVIEW


def test_the_question_can_be_had_again_after_a_while(telegram_house):
    telegram_house.waiting_result()
    message = telegram_house.asked()
    telegram_house.press(message, "Send back")
    telegram_house.delivered()

    with time_machine.travel(clock.now(), tick=False) as traveller:
        traveller.shift(61)
        telegram_house.press(message, "Send back")
        asked = [message for message in telegram_house.delivered() if message.asks_reply]

    assert len(asked) == 2
