"""Event streams stop sending as soon as the reader loses access."""

import threading

import pytest

from helix import live
from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import BoardGrant, BrowserSession, User
from helix.models.vocabulary import BoardLevel
from helix.services import accounts, runs
from helix.web import events
from helix.web.stream_limits import OpenStreams, open_streams
from tests.support.people import as_actor
from tests.support.waiting import wait_for

pytestmark = pytest.mark.every_database


class Listening:
    """A browser with an open stream, which is read in a thread of its own."""

    def __init__(self, browser, query=""):
        self.browser = browser
        self.heard = ""
        self.ended = threading.Event()
        self._reply = browser.get(f"/events{query}")
        assert self._reply.status_code == 200
        threading.Thread(target=self._read, daemon=True).start()
        wait_for(lambda: ": hello" in self.heard)

    def _read(self):
        for chunk in self._reply.response:
            self.heard += chunk.decode() if isinstance(chunk, bytes) else chunk
        self._reply.close()
        self.ended.set()

    def is_over(self):
        return self.ended.wait(3)


@pytest.fixture
def listening(clean_app, monkeypatch):
    monkeypatch.setattr(events, "PING_SECONDS", 60.0)
    monkeypatch.setattr(events, "RECHECK_SECONDS", 3600.0)
    live.listener()._recent.clear()  # of the tests before
    # As the web process does: see wsgi.py.
    monkeypatch.setattr(live.rights, "_following", True)
    opened = []

    def _open(browser, query=""):
        opened.append(Listening(browser, query))
        wait_for(lambda: live.listener()._subscribed_since)
        return opened[-1]

    yield _open
    with transaction():
        db.session.execute(db.delete(BrowserSession))
    live.publish("user")  # for those that were made not to notice
    assert all(one.is_over() for one in opened)


def sign_out(_api, _pages, browser, _mia):
    assert browser.sign_out().status_code == 303


def sign_out_everywhere(_api, _pages, _browser, mia):
    accounts.sign_out_everywhere(as_actor(mia))


def revoke_the_session(_api, _pages, _browser, mia):
    for session in accounts.sessions(as_actor(mia)):
        accounts.revoke_session(as_actor(mia), session.id)


def close_the_account(_api, _pages, _browser, mia):
    ada = db.session.query(User).filter_by(name="Ada").one()
    accounts.close(as_actor(ada), mia.id)


def set_a_password_for_her(api, _pages, _browser, mia):
    ada = db.session.query(User).filter_by(name="Ada").one()
    assert api.as_(ada).patch(f"/api/users/{mia.id}", json={"password": "quite another one"}).status_code == 200


ENDS = [sign_out, sign_out_everywhere, revoke_the_session, close_the_account, set_a_password_for_her]


@pytest.mark.parametrize("deed", ENDS, ids=lambda deed: deed.__name__)
def test_the_stream_ends_at_once_with_its_session(deed, listening, api, pages, ada, mia):
    stream = listening(pages.as_(mia))

    deed(api, pages, stream.browser, mia)

    assert stream.is_over()


def test_a_default_level_of_none_silences_events_and_text_at_once(listening, api, pages, ada, mia, make):
    make.model()
    task = make.task(by=ada, agent=make.agent())
    _, run_id = runs.start(as_actor(ada), task.id)
    stream = listening(pages.as_(mia), f"?run={run_id}&task={task.id}")
    live.run_text(run_id, task.id, task.board_id, "public ", offset=0)
    wait_for(lambda: "public " in stream.heard)

    api.as_(ada).patch("/api/org/settings", json={"default_board_level": "none"})
    live.run_text(run_id, task.id, task.board_id, "secret", offset=7)
    live.publish("task", 777, board_id=task.board_id)
    live.publish("agent", 888)
    wait_for(lambda: "888" in stream.heard)

    assert "secret" not in stream.heard
    assert "777" not in stream.heard


def test_a_right_that_is_taken_without_any_event_is_gone_at_once(listening, pages, mia, make):
    board = make.board()
    make.grant(mia, board, BoardLevel.VIEW)
    stream = listening(pages.as_(mia))

    with transaction():
        db.session.query(BoardGrant).one().level = BoardLevel.NONE
    live.publish("task", 777, board_id=board.id)
    live.publish("agent", 888)
    wait_for(lambda: "888" in stream.heard)

    assert "777" not in stream.heard


def test_rights_are_looked_at_when_events_were_dropped(listening, pages, mia, make, monkeypatch):
    """Among those that were dropped may be the one that says so; here nothing else tells of a change."""
    board = make.board()
    stream = listening(pages.as_(mia))
    monkeypatch.setattr(live.rights, "state", lambda: None)
    with transaction():
        db.session.add(BoardGrant(user_id=mia.id, board_id=board.id, level=BoardLevel.NONE))

    live.listener()._dispatch({"kind": "reload"})
    live.publish("task", 777, board_id=board.id)
    live.publish("agent", 888)
    wait_for(lambda: "888" in stream.heard)

    assert "event: reload" in stream.heard
    assert "777" not in stream.heard


def test_the_oldest_of_too_many_pages_of_a_browser_makes_room_and_is_told_so(listening, pages, mia, noah):
    browser = pages.as_(mia)
    other_stream = listening(pages.as_(noah))
    stream = [listening(browser) for _ in range(20)]

    newest = listening(browser)

    assert stream[0].is_over()
    assert "event: rest\ndata: {}" in stream[0].heard
    live.publish("agent", 888)
    wait_for(lambda: all("888" in one.heard for one in [*stream[1:], newest, other_stream]))


def test_pages_that_were_left_make_room_for_others(listening, pages, mia):
    browser = pages.as_(mia)

    for _ in range(45):
        listening(browser)

    session = accounts.sessions(as_actor(mia))[0].id
    wait_for(lambda: open_streams.count_for_session(session) == 20)


def test_a_person_with_many_sessions_has_a_limit_too():
    ended, streams = [], OpenStreams()
    opened = [streams.track(number // 15, "Mia", lambda number=number: ended.append(number)) for number in range(70)]

    for one in opened:
        one.__enter__()

    assert ended == list(range(10))
    for one in opened:
        one.__exit__(None, None, None)
    assert streams.count_for_session(0) == 0


def test_the_processes_of_a_host_share_the_limit():
    ended, streams = [], OpenStreams(processes=4)
    opened = [streams.track("a", "Mia", lambda number=number: ended.append(number)) for number in range(6)]

    for one in opened:
        one.__enter__()

    assert ended == [0]
