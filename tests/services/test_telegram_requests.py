"""Requests of agents in Telegram: asked with buttons, answered by a button or a reply, updated when they are closed."""

import re
import threading
from datetime import timedelta
from html import unescape

import pytest
import time_machine

from helix import clock
from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import AgentTool, BoardGrant, HumanRequest
from helix.models.vocabulary import BoardLevel, RequestKind, RequestState, RunStatus, ToolCallState
from helix.services import requests, telegram
from helix.services.telegram import signing
from helix.services.work import cancelling
from tests.support.people import as_actor
from tests.support.requests import a_call, a_question, a_run, a_tool, ask, call_of, run_of
from tests.support.telegram_app import ADA, MIA, NOAH
from tests.support.waiting import wait_for

WHEN = r"\d{4}-\d\d-\d\d at \d\d:\d\d \(UTC\)"


@pytest.fixture
def task(telegram_app, mia):
    return telegram_app.make.task("Invoice for Helen", by=mia, board=telegram_app.board, agent=telegram_app.agent)


@pytest.fixture
def approval(telegram_app, task):
    """Asks Mia to allow a call, with these arguments."""

    def approval(arguments=None, **fields):
        run = a_run(task, telegram_app.agent)
        return ask(run, a_call(run, a_tool(), arguments=arguments), **({"scopes": ["once", "run", "always"]} | fields))

    return approval


@pytest.fixture
def question(telegram_app, task):
    def question(title="Which colour?", **fields):
        return a_question(task, telegram_app.agent, title, **fields)

    return question


@pytest.fixture
def uncertain(telegram_app, task):
    run = a_run(task, telegram_app.agent)
    started = {"state": ToolCallState.STARTED, "tries": 1, "started_at": clock.now()}
    call = a_call(run, a_tool(), late_result="Mail 7 <was> queued.", **started)
    return ask(run, call, kind=RequestKind.UNCERTAIN, title="Was send_mail carried out?")


def only(telegram_app, chat=MIA):
    (message,) = telegram_app.delivered(chat)
    return message


def now(request):
    return db.session.get_one(HumanRequest, request.id, populate_existing=True)


def readable(message):
    return unescape(re.sub("<[^>]+>", "", message.text))


class TestApproval:
    def test_the_message_names_the_call_with_its_arguments_and_a_link(self, telegram_app, approval, task):
        request = approval({"to": "<helen>@example.com", "copies": 2}, title="Send it?", body="It sends **something**.")

        message = only(telegram_app)

        assert "Sierra asks: Send it?" in message.text
        assert "Invoice for Helen" in message.text
        assert "<code>send_mail</code>" in message.text
        assert "<pre>to: &lt;helen&gt;@example.com\ncopies: 2</pre>" in message.text
        assert f"/inbox?item=request-{request.id}" in message.text
        assert re.search(rf"Without an answer by {WHEN}, it is denied\.", message.text)

    def test_a_denial_asks_for_the_reason_and_the_agent_reads_the_reply(self, telegram_app, approval, mia):
        request = approval()
        told = telegram_app.press(only(telegram_app), "Deny")
        *_, why = telegram_app.delivered()
        before = now(request).state

        answer = telegram_app.write("Wait for Helen.", reply_to=why)
        first, _why = telegram_app.delivered()[:2]

        assert told.startswith("Why?")
        assert before == RequestState.OPEN
        assert "Why not: Send the invoice to Helen?" in readable(why)
        assert list(why.buttons) == ["Deny without a reason"]
        assert answer == "Denied. Sierra reads why."
        assert (now(request).decision, now(request).note) == ("deny", "Wait for Helen.")
        assert call_of(request).result == "A person denied this call.\n\nWait for Helen."
        assert "Denied by Mia on" in first.text

    def test_a_denial_needs_no_reason(self, telegram_app, approval):
        request = approval()
        message = only(telegram_app)
        telegram_app.press(message, "Deny")
        telegram_app.press(message, "Deny")
        *_, why = asked = telegram_app.delivered()

        empty = telegram_app.write(" ", reply_to=why)
        told = telegram_app.press(why, "Deny without a reason")

        assert len(asked) == 2
        assert empty.startswith("Reply with text")
        assert told == "Denied."
        assert (call_of(request).state, now(request).note) == (ToolCallState.DENIED, "")

    def test_a_reason_that_comes_after_somebody_else_has_answered_says_so(self, telegram_app, approval, ada):
        request = approval()
        telegram_app.press(only(telegram_app), "Deny")
        *_, why = telegram_app.delivered()
        requests.answer(as_actor(ada), request.id, decision="allow", via="page")

        answer = telegram_app.write("Wait.", reply_to=why)

        assert answer.startswith("Ada answered this on")
        assert now(request).decision == "allow"

    def test_a_reply_with_json_allows_the_call_once_with_these_arguments(self, telegram_app, approval):
        request = approval({"to": "helen@example.com"})
        message = only(telegram_app)

        refusals = [telegram_app.write(text, reply_to=message) for text in ("[1]", "yes, go", '{"to": 5}')]
        before = now(request).state
        answer = telegram_app.write('{"to": "ada@example.com", "copies": 2}', reply_to=message)

        assert "reply with all of them as JSON" in readable(message)
        assert [refusal.startswith("Use the buttons") for refusal in refusals] == [True, True, False]
        assert before == RequestState.OPEN
        assert answer == "Allowed once, with your arguments."
        assert call_of(request).edited_arguments == {"to": "ada@example.com", "copies": 2}
        assert (now(request).scope, call_of(request).state) == ("once", ToolCallState.APPROVED)

    @pytest.mark.parametrize(
        ("scopes", "shown"),
        [
            (["once"], ["Allow once", "Deny"]),
            (["once", "run"], ["Allow once", "Allow in this run", "Deny"]),
            (["once", "run", "always"], ["Allow once", "Allow in this run", "Always", "Deny"]),
        ],
    )
    def test_there_is_a_button_for_each_scope_that_is_offered(self, telegram_app, approval, scopes, shown):
        approval(scopes=scopes)

        assert list(only(telegram_app).buttons) == shown

    @pytest.mark.parametrize(
        ("button", "told", "state", "scope", "closed"),
        [
            ("Allow once", "Allowed once.", ToolCallState.APPROVED, "once", "Allowed once"),
            ("Allow in this run", "Allowed in this run.", ToolCallState.APPROVED, "run", "Allowed in this run"),
            ("Always", "Always allowed from now on.", ToolCallState.APPROVED, "always", "Always allowed"),
        ],
    )
    def test_a_button_answers_and_the_message_says_who_and_when(
        self, telegram_app, approval, mia, button, told, state, scope, closed
    ):
        request = approval()
        message = only(telegram_app)

        assert telegram_app.press(message, button) == told
        telegram_app.delivered()

        answered = now(request)
        assert (answered.state, answered.scope) == (RequestState.ANSWERED, scope)
        assert (answered.answered_by_user_id, answered.answered_via) == (mia.id, "telegram")
        assert call_of(request).state == state
        assert run_of(request).status == RunStatus.QUEUED
        assert db.session.query(AgentTool).filter(AgentTool.always_at.is_not(None)).count() == (scope == "always")
        assert re.search(f"{closed} by Mia on {WHEN}", message.text)
        assert message.buttons == {}
        assert "helen@example.com" not in message.text

    def test_a_button_pressed_twice_answers_once(self, telegram_app, approval):
        request = approval()
        message = only(telegram_app)
        press = telegram_app.server.press(MIA, message, "Allow once")

        telegram_app.handle(press)
        telegram_app.handle(press)
        telegram_app.delivered()

        assert telegram_app.server.answers[0] == "Allowed once."
        assert re.fullmatch(rf"Mia answered this on {WHEN}\.", telegram_app.server.answers[1])
        assert now(request).decision == "allow"
        assert message.edits == 1

    def test_secrets_in_the_arguments_are_masked(self, telegram_app, approval):
        approval({"api_key": "blue-kettle-99", "text": "Bearer abcdefgh12345678", "nested": {"password": "tulip-bulb"}})

        text = only(telegram_app).text

        assert all(secret not in text for secret in ("blue-kettle-99", "abcdefgh12345678", "tulip-bulb"))
        assert "api_key: ***" in text

    def test_secrets_in_what_is_asked_are_masked_before_and_after_the_answer(self, telegram_app, question):
        question("Is sk-abcdefghijkl1234 right?", body="It came with Bearer abcdefgh12345678.")
        message = only(telegram_app)
        before = message.text

        telegram_app.write("No: Bearer hgfedcba87654321", reply_to=message)
        telegram_app.delivered()

        assert "sk-*** right?" in before
        assert "sk-*** right?" in message.text
        for secret in ("abcdefghijkl1234", "abcdefgh12345678", "hgfedcba87654321"):
            assert secret not in before + message.text

    def test_a_value_cannot_pose_as_another_argument_or_hide_itself(self, telegram_app, approval):
        approval({"note": "hello\nto: boss@example.com", "to": "a\u202eb\u200bc\u2028to: boss"})

        text = only(telegram_app).text

        assert "\n    to: boss@example.com\nto: abc\n    to: boss</pre>" in text

    def test_arguments_of_the_size_of_a_letter_are_shown_whole(self, telegram_app, approval):
        letter = "Dear Helen, this is the invoice. " * 55
        approval({"to": "helen@example.com", "text": letter})

        message = only(telegram_app)

        assert letter.strip() in readable(message)
        assert "This is shortened." not in message.text

    @pytest.mark.parametrize("letter", ["&", "<", "😀", "\n", '"'])
    def test_what_is_long_is_shortened_says_so_and_fits(self, telegram_app, approval, letter):
        long = "x" + letter * 5000 + "x"
        approval(
            {f"{number}{long}": long for number in range(40)}, title=("x" + letter * 400), body="b" + letter * 5000
        )

        message = only(telegram_app)

        assert len(readable(message).encode("utf-16-le")) // 2 <= 4096
        assert "This is shortened." in message.text
        assert list(message.buttons) == ["Allow once", "Allow in this run", "Always", "Deny"]

    def test_who_manages_the_board_is_asked_too_and_both_messages_are_closed(self, telegram_app, approval, ada):
        telegram_app.link(ada, ADA)
        approval()
        messages = [only(telegram_app, chat) for chat in (MIA, ADA)]

        telegram_app.press(messages[1], "Deny", chat=ADA)
        why = telegram_app.delivered(ADA)[-1]
        telegram_app.press(why, "Deny without a reason", chat=ADA)
        telegram_app.delivered()

        assert all("Denied by Ada on" in message.text and not message.buttons for message in messages)


class TestQuestion:
    def test_each_option_is_a_button(self, telegram_app, question):
        request = question(options=["Slate", "Sage & <mint>"])
        message = only(telegram_app)
        assert list(message.buttons) == ["Slate", "Sage & <mint>"]

        told = telegram_app.press(message, "Sage & <mint>")
        telegram_app.delivered()

        assert told == "Your answer goes to Sierra."
        assert call_of(request).result == "Sage & <mint>"
        assert re.search(rf"Answered by Mia on {WHEN}: Sage &amp; &lt;mint&gt;", message.text)

    @pytest.mark.parametrize("options", [[], ["Slate", "Sage"]])
    def test_a_reply_answers(self, telegram_app, question, options):
        request = question(options=options)
        message = only(telegram_app)
        assert "eply to this message" in message.text

        told = telegram_app.write("Neither: rust", reply_to=message)
        telegram_app.delivered()

        assert told == "Your answer goes to Sierra."
        assert (call_of(request).state, call_of(request).result) == (ToolCallState.DONE, "Neither: rust")
        assert now(request).answered_via == "telegram"
        assert "Neither: rust" in message.text

    def test_many_options_are_listed_and_answered_by_a_reply(self, telegram_app, question):
        question(options=[f"Colour {number}" for number in range(1, 10)])

        message = only(telegram_app)

        assert message.buttons == {}
        assert "9. Colour 9\n\nReply to this message with your answer." in message.text

    def test_a_long_option_is_a_short_button_and_the_whole_answer(self, telegram_app, question):
        option = "Wait until Helen is back " * 10
        request = question(options=[option, "Now"])
        message = only(telegram_app)

        telegram_app.press(message, next(iter(message.buttons)))

        assert f"1. {option.strip()}" in message.text
        assert max(map(len, message.buttons)) <= 60
        assert call_of(request).result == option

    def test_a_reply_without_words_is_asked_for_again(self, telegram_app, question):
        request = question()
        message = only(telegram_app)

        assert "Reply with text" in telegram_app.write(None, reply_to=message)
        assert now(request).state == RequestState.OPEN

    def test_a_second_reply_is_told_who_answered(self, telegram_app, question):
        question()
        message = only(telegram_app)
        telegram_app.write("Slate", reply_to=message)

        told = telegram_app.write("Sage", reply_to=message)

        assert re.fullmatch(rf"Mia answered this on {WHEN}\.", told)

    def test_another_persons_message_cannot_be_replied_to(self, telegram_app, question, noah):
        telegram_app.link(noah, NOAH)
        request = question()

        told = telegram_app.write("Slate", chat=NOAH, reply_to=only(telegram_app))

        assert told.startswith("You are linked as Noah")
        assert now(request).state == RequestState.OPEN

    def test_a_reply_counts_only_in_the_chat_where_it_was_asked(self, telegram_app, question, mia):
        request = question()
        message = only(telegram_app)
        telegram_app.link(mia, NOAH)

        told = telegram_app.write("Slate", chat=NOAH, reply_to=message)

        assert told.startswith("You are linked as Mia")
        assert now(request).state == RequestState.OPEN

    def test_arguments_of_the_size_of_a_letter_are_shown_whole(self, telegram_app, approval):
        letter = "Dear Helen, this is the invoice. " * 55
        approval({"to": "helen@example.com", "text": letter})

        message = only(telegram_app)

        assert letter.strip() in readable(message)
        assert "This is shortened." not in message.text

    @pytest.mark.parametrize("letter", ["&", "😀", "\n"])
    def test_a_long_question_with_long_options_fits(self, telegram_app, question, letter):
        question(
            "t" + letter * 400, body="b" + letter * 5000 + "e", options=["o" + letter * 190 + str(n) for n in range(8)]
        )

        message = only(telegram_app)

        assert len(readable(message).encode("utf-16-le")) // 2 <= 4096
        assert len(message.buttons) >= 1

    @pytest.mark.parametrize(
        ("fields", "shown"),
        [
            ({}, rf"The agent waits for an answer until {WHEN}\."),
            ({"on_expiry": "default", "default": "Slate"}, f"Without an answer by {WHEN}, the agent assumes: Slate"),
        ],
    )
    def test_the_message_says_what_happens_without_an_answer(self, telegram_app, question, fields, shown):
        question(**fields)

        assert re.search(shown, only(telegram_app).text)

    def test_a_form_is_answered_in_helix(self, telegram_app, question):
        schema = {"type": "object", "properties": {"copies": {"type": "integer"}, "gift": {"type": "boolean"}}}
        request = question(schema=schema)
        message = only(telegram_app)

        told = telegram_app.write("2", reply_to=message)

        assert "Answer it in HELIX" in message.text
        assert message.buttons == {}
        assert told == "This cannot be answered by a reply. Open it in HELIX."
        assert now(request).state == RequestState.OPEN

    def test_a_reply_that_does_not_fit_says_why(self, telegram_app, question):
        answer = {"type": "string", "enum": ["red", "blue"]}
        request = question(schema={"type": "object", "properties": {"answer": answer}})

        told = telegram_app.write("green", reply_to=only(telegram_app))

        assert told == "Choose one of: red, blue."
        assert now(request).state == RequestState.OPEN


class TestOtherKinds:
    @pytest.mark.parametrize(
        ("button", "state", "closed"),
        [
            ("It was done", ToolCallState.DONE, "it was done."),
            ("Do it again", ToolCallState.PLANNED, "do it again."),
            ("Skip", ToolCallState.SKIPPED, "go on without it."),
        ],
    )
    def test_an_uncertain_call_is_done_repeated_or_skipped(self, telegram_app, uncertain, button, state, closed):
        message = only(telegram_app)
        assert list(message.buttons) == ["It was done", "Do it again", "Skip"]
        assert "<blockquote>Mail 7 &lt;was&gt; queued.</blockquote>" in message.text
        assert re.search(f"Begun on {WHEN}", message.text)

        telegram_app.press(message, button)
        telegram_app.delivered()

        assert call_of(uncertain).state == state
        assert re.search(rf"Answered by Mia on {WHEN}: {closed}", message.text)

    def test_money_is_a_link_and_the_message_says_who_granted_it(self, telegram_app, task, ada):
        telegram_app.link(ada, ADA)
        run = a_run(task, telegram_app.agent)
        request = ask(run, kind=RequestKind.BUDGET, title="Another 0.50 USD?")
        message = only(telegram_app, ADA)
        assert message.buttons == {}
        assert f"/inbox?item=request-{request.id}" in message.text
        assert telegram_app.write("0.50", ADA, reply_to=message).startswith("This cannot be answered by a reply")

        requests.answer(as_actor(ada), request.id, decision="allow", values={"usd": 0.5}, via="page")
        telegram_app.delivered()

        assert re.search(rf"Granted by Ada on {WHEN}: another 0\.5 USD\.", message.text)

    def test_a_reply_to_an_approval_points_to_the_buttons(self, telegram_app, approval):
        request = approval()

        told = telegram_app.write("yes", reply_to=only(telegram_app))

        assert told.startswith("Use the buttons below that message")
        assert now(request).state == RequestState.OPEN


class TestClosed:
    def test_an_answer_on_the_page_takes_the_buttons_away(self, telegram_app, approval, mia):
        request = approval()
        message = only(telegram_app)

        requests.answer(as_actor(mia), request.id, decision="allow", via="page")
        telegram_app.delivered()

        assert message.buttons == {}
        assert "Allowed once by Mia on" in message.text

    def test_a_cancelled_run_takes_the_buttons_away(self, telegram_app, approval, task, mia):
        request = approval()
        message = only(telegram_app)
        data = message.buttons["Allow once"]

        cancelling.cancel(as_actor(mia), task.id)
        telegram_app.delivered()
        telegram_app.handle(telegram_app.server.press_data(MIA, data))

        assert (message.buttons, now(request).state) == ({}, RequestState.WITHDRAWN)
        assert "The run has ended, so this needs no answer any more." in message.text
        assert "has ended" in telegram_app.server.answers[-1]

    def test_what_nobody_answered_says_so(self, telegram_app, approval):
        request = approval()
        message = only(telegram_app)

        with time_machine.travel(clock.now(), tick=False) as traveller:
            traveller.shift(timedelta(days=7, seconds=1))
            requests.expire_due()
            telegram_app.delivered()

        assert (message.buttons, now(request).state) == ({}, RequestState.EXPIRED)
        assert re.search(f"Nobody answered this by {WHEN}", message.text)

    def test_a_button_pressed_too_late_updates_the_message_at_once(self, telegram_app, approval):
        request = approval()
        message = only(telegram_app)

        with time_machine.travel(clock.now(), tick=False) as traveller:
            traveller.shift(timedelta(days=7, seconds=1))
            told = telegram_app.press(message, "Allow once")
            telegram_app.delivered()
            requests.expire_due()
            telegram_app.delivered()

        assert "This request expired on" in told
        assert call_of(request).state == ToolCallState.DENIED
        assert (message.buttons, message.edits) == ({}, 1)

    def test_what_was_answered_before_sending_is_not_sent(self, telegram_app, approval, mia):
        request = approval()

        requests.answer(as_actor(mia), request.id, decision="deny", via="api")

        assert telegram_app.delivered() == []
        assert [row.status for row in telegram_app.rows()] == ["dropped"]

    def test_an_answer_at_the_moment_of_sending_updates_the_message(self, telegram_app, approval, mia, clean_app):
        request_id, actor = approval().id, as_actor(mia)
        telegram_app.server.fail("sendMessage", 200, seconds=1)
        row_id = telegram_app.rows()[0].id

        def work():
            with clean_app.app_context():
                telegram.deliver(row_id)
                db.session.remove()

        sending = threading.Thread(target=work)
        sending.start()
        wait_for(lambda: telegram_app.server.called("sendMessage"))
        requests.answer(actor, request_id, decision="deny", via="page")
        sending.join(10)
        message = only(telegram_app)

        assert message.buttons == {}
        assert "Denied by Mia on" in message.text

    def test_the_reminder_can_be_answered_and_both_messages_are_closed(self, telegram_app, question):
        request = question(options=["Slate", "Sage"])
        first = only(telegram_app)
        with time_machine.travel(clock.now(), tick=False) as traveller:
            traveller.shift(timedelta(days=1, seconds=1))
            requests.remind_due()
            reminder = telegram_app.delivered()[-1]
            assert "Sierra still waits for an answer: Which colour?" in reminder.text

            telegram_app.press(reminder, "Slate")
            telegram_app.delivered()

        assert call_of(request).result == "Slate"
        assert all("Answered by Mia" in message.text and not message.buttons for message in (first, reminder))


class TestRights:
    def test_a_person_who_may_only_look_at_it_by_now_gets_no_buttons_and_no_arguments(
        self, telegram_app, approval, task, mia
    ):
        approval()
        telegram_app.make.grant(mia, telegram_app.board, BoardLevel.VIEW)

        message = only(telegram_app)

        assert message.buttons == {}
        assert "Sierra asks" in message.text
        assert "helen@example.com" not in message.text

    def test_a_button_uses_the_rights_of_the_moment(self, telegram_app, approval, task, mia):
        request = approval()
        message = only(telegram_app)
        telegram_app.make.grant(mia, telegram_app.board, BoardLevel.VIEW)

        told = telegram_app.press(message, "Allow once")

        assert "You may see this request but not answer it" in told
        assert now(request).state == RequestState.OPEN

    def test_a_person_who_lost_the_board_reads_neither_question_nor_answer(self, telegram_app, question, mia, ada):
        request = question()
        message = only(telegram_app)
        with transaction():
            db.session.add(BoardGrant(user_id=mia.id, board_id=telegram_app.board.id, level=BoardLevel.NONE))

        told = telegram_app.write("Slate", reply_to=message)
        requests.answer(as_actor(ada), request.id, decision="answer", values={"answer": "Sage"}, via="page")
        telegram_app.delivered()

        assert told == "There is no such request."
        assert "no longer open to you" in message.text
        assert "Sage" not in message.text

    def test_a_button_is_valid_for_its_person_verb_and_message_only(self, telegram_app, approval, ada):
        telegram_app.link(ada, ADA)
        request = approval(scopes=["once"])
        _, number, mark = only(telegram_app).buttons["Deny"].split(":")
        deny = f"{signing.DENY}:{number}:{mark}"

        for chat, data in [(MIA, f"{signing.ALWAYS}:{number}:{mark}"), (MIA, f"0:{number}:{mark}"), (ADA, deny)]:
            telegram_app.handle(telegram_app.server.press_data(chat, data))

        assert telegram_app.server.answers == ["This button is not valid."] * 3
        assert now(request).state == RequestState.OPEN
        assert all(len(signing.button(verb, 10**18 - 1).encode()) <= 64 for verb in signing.VERBS)
