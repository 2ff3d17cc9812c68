"""The event stream without a browser: recipients, content and end."""

import json
import time

import pytest

from helix import live
from helix.db.transaction import transaction
from helix.extensions import db
from helix.live import listen
from helix.models import BrowserSession
from helix.models.vocabulary import BoardLevel
from helix.services import runs
from helix.web import events
from tests.support.people import as_actor
from tests.support.waiting import wait_for

pytestmark = pytest.mark.every_database


@pytest.fixture
def stream(clean_app, pages, monkeypatch):
    """`stream(mia)`: an open stream of hers, as an iterator over (name, data); pings come every fifth of a second."""
    monkeypatch.setattr(events, "PING_SECONDS", 0.2)
    live.listener()._recent.clear()  # of the tests before
    opened = []

    def _open(user, query=""):
        reply = pages.as_(user).get(f"/events{query}")
        opened.append(reply)
        assert reply.status_code == 200
        assert reply.mimetype == "text/event-stream"
        chunks = iter(reply.response)
        assert next(chunks) in (": hello\n\n", b": hello\n\n")
        wait_for(lambda: live.listener()._subscribed_since)
        return told(chunks)

    yield _open
    for reply in opened:
        reply.close()


def told(chunks):
    for chunk in chunks:
        text = chunk.decode() if isinstance(chunk, bytes) else chunk
        if text.startswith("event:"):
            name, data = text.strip().split("\n")
            yield name.removeprefix("event: "), json.loads(data.removeprefix("data: "))


def test_what_happens_on_a_board_is_told_to_those_who_see_it(stream, mia, make):
    seen, hidden = make.board(), make.board()
    make.grant(mia, hidden, BoardLevel.NONE)
    her_stream = stream(mia)

    live.publish("task", 1, board_id=hidden.id)
    live.publish("task", 2, board_id=seen.id)

    assert next(her_stream) == ("task", {"id": 2, "board_id": seen.id})


def test_what_one_deed_changes_is_told_once(stream, mia, make):
    task = make.task()
    her_stream = stream(mia)

    with transaction() as after_commit:
        for _ in range(3):
            after_commit(live.publish, "task", task.id, board_id=task.board_id)
        after_commit(live.publish, "board", task.board_id, board_id=task.board_id)

    assert next(her_stream)[0] == "task"
    assert next(her_stream)[0] == "board"


def test_what_is_somebodys_own_is_told_to_nobody_else(stream, mia, noah):
    her_stream = stream(mia)

    live.publish("notification", user_id=noah.id)
    live.publish("notification", user_id=mia.id)

    assert next(her_stream) == ("notification", {"user_id": mia.id})


def test_a_board_that_is_closed_to_her_falls_silent_at_once(stream, mia, make):
    board = make.board()
    her_stream = stream(mia)
    make.grant(mia, board, BoardLevel.NONE)

    live.publish("board", board.id)
    live.publish("task", 1, board_id=board.id)
    live.publish("agent", 9)

    assert [next(her_stream)[0], next(her_stream)[0]] == ["board", "agent"]


def test_the_stream_ends_with_the_session(stream, mia, monkeypatch):
    monkeypatch.setattr(events, "RECHECK_SECONDS", 0.1)
    her_stream = stream(mia)

    with transaction():
        db.session.query(BrowserSession).delete()

    assert list(her_stream) == []


def test_what_happened_between_a_page_and_its_stream_is_told(stream, mia, make):
    board = make.board()
    stream(mia)  # somebody listens already
    made = time.time()
    live.publish("task", 5, board_id=board.id)
    wait_for(lambda: any(event["id"] == 5 for _, event in live.listener()._recent))

    her_stream = stream(mia, f"?since={made}")

    assert next(her_stream) == ("task", {"id": 5, "board_id": board.id})


def test_a_page_that_falls_behind_is_told_to_reload_and_then_hears_what_follows(stream, mia, make):
    board = make.board()
    her_stream = stream(mia)
    before = live.listener().changes_version()

    for number in range(listen.MOST_WAITING + 50):
        live.publish("task", number, board_id=board.id)
    wait_for(lambda: live.listener().changes_version() >= before + listen.MOST_WAITING + 50)

    assert next(her_stream) == ("reload", {})
    live.publish("board", board.id)
    assert any(name == "board" for name, _ in her_stream)


def test_the_text_of_a_run_begins_with_what_it_said_before(stream, mia, make):
    make.model()
    task = make.task(by=mia, agent=make.agent())
    _, run_id = runs.start(as_actor(mia), task.id)
    live.run_text(run_id, task.id, task.board_id, "Dear ", offset=0)
    her_stream = stream(mia, f"?run={run_id}")

    first = next(her_stream)
    live.run_text(run_id, task.id, task.board_id, "reader", offset=5)

    assert first == ("text", {"run_id": run_id, "text": "Dear ", "whole": True})
    assert next(her_stream) == ("text", {"run_id": run_id, "text": "reader", "whole": False})


def test_complete_blocks_of_a_runs_text_come_rendered(stream, mia, make):
    make.model()
    task = make.task(by=mia, agent=make.agent())
    _, run_id = runs.start(as_actor(mia), task.id)
    place = (run_id, task.id, task.board_id)
    live.run_text(*place, "# Plan\nDear ", offset=0, html="<h1>Plan</h1>", rest="Dear ")

    her_stream = stream(mia, f"?run={run_id}")
    first = next(her_stream)
    live.run_text(*place, "reader\n\nYou", offset=12, html="<p>Dear reader</p>", rest="You")
    second = next(her_stream)
    live.run_text(*place, " too", offset=23, rest="You too")

    assert first[1] == {
        "run_id": run_id,
        "text": "# Plan\nDear ",
        "whole": True,
        "html": "<h1>Plan</h1>",
        "rest": "Dear ",
    }
    assert (second[1]["html"], second[1]["rest"], second[1]["whole"]) == ("<p>Dear reader</p>", "You", False)
    assert next(her_stream)[1] == {"run_id": run_id, "text": " too", "whole": False}
    assert live.streamed_so_far(run_id) == (
        "# Plan\nDear reader\n\nYou too",
        "<h1>Plan</h1><p>Dear reader</p>",
        "You too",
    )


def test_the_text_of_a_run_on_a_hidden_board_is_not_told(stream, mia, ada, make):
    make.model()
    board = make.board()
    make.grant(mia, board, BoardLevel.NONE)
    task = make.task(by=ada, board=board, agent=make.agent())
    _, run_id = runs.start(as_actor(ada), task.id)
    her_stream = stream(mia, f"?run={run_id}")

    live.run_text(run_id, task.id, board.id, "secret", offset=0)
    live.publish("agent", 1)

    assert next(her_stream) == ("agent", {"id": 1})


def test_too_many_open_pages_are_asked_to_come_again(stream, clean_app, pages, mia, monkeypatch):
    monkeypatch.setattr(events, "_open", clean_app.config["HELIX"].max_event_streams)

    reply = pages.as_(mia).get("/events")

    assert reply.status_code == 503
    assert reply.headers["Retry-After"] == "5"


def test_two_who_have_a_task_open_see_each_other(stream, pages, mia, noah, make):
    task = make.task(by=mia)
    her_stream = stream(mia, f"?task={task.id}")
    other_stream = stream(noah, f"?task={task.id}")

    told_her = next(her_stream)
    panel = pages.as_(mia).part(f"/tasks/{task.id}/panel").text

    assert told_her == ("viewing", {"board_id": task.board_id, "task_id": task.id})
    assert "Noah is looking at this too" in panel
    assert other_stream


def test_who_closes_one_of_two_pages_is_still_there(clean_app):
    noah = live.viewing.Viewer(3, "Noah: of the night shift")
    for page in ("one", "other"):
        live.viewing.here(17, noah, page)

    live.viewing.gone(17, noah, "one")

    assert live.viewing.others(17, 2) == [noah]
    live.viewing.gone(17, noah, "other")
    assert live.viewing.others(17, 2) == []


def test_webhooks_are_told_to_admins_alone(stream, ada, mia, make):
    board = make.board()
    her_stream, admins = stream(mia), stream(ada)

    live.publish("webhook", 7)
    live.publish("task", 2, board_id=board.id)

    assert next(her_stream) == ("task", {"id": 2, "board_id": board.id})
    assert next(admins) == ("webhook", {"id": 7})


def test_who_does_not_see_a_board_hears_that_one_changed_and_not_which(stream, ada, mia, make):
    hidden = make.board()
    make.grant(mia, hidden, BoardLevel.NONE)
    her_stream, admins = stream(mia), stream(ada)

    live.publish("board", hidden.id)

    assert next(her_stream) == ("board", {})
    assert next(admins) == ("board", {"id": hidden.id})
