"""Streaming text to open pages; an unavailable Redis does not slow the model call."""

import pytest

from helix import clock, live
from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import Task
from helix.services import runs
from helix.services.runs import Claim, streaming
from tests.support.people import as_actor


@pytest.fixture
def said(monkeypatch):
    """What was passed on, as (offset, text); `away` makes it fail."""

    class Said(list):
        away = False
        tries = 0

        def __init__(self):
            super().__init__()
            self.rendered = []

        def __call__(self, _run, _task, _board, text, *, offset, html, rest):
            self.tries += 1
            if not self.away:
                self.append((offset, text))
                self.rendered.append((html, rest))
            return not self.away

    found = Said()
    monkeypatch.setattr(live, "run_text", found)
    monkeypatch.setattr(streaming, "EVERY_SECONDS", 0)
    return found


@pytest.fixture
def agent():
    return streaming.StreamedText(Claim(run_id=1, fence=1, task_id=2, board_id=3, agent_id=4))


def test_every_piece_has_its_offset(said, agent):
    for piece in ("One", " two", " three"):
        agent.add(piece)

    assert said == [(0, "One"), (3, " two"), (7, " three")]


def test_blocks_are_rendered_once_each_is_complete(said, agent):
    for piece in ("# Pl", "an\n", "Some *te", "xt*\n\n", "<b>More</b>"):
        agent.add(piece)
    agent.end()

    assert said.rendered == [
        ("", "# Pl"),
        ("", "# Plan\n"),
        ("<h1>Plan</h1>\n", "Some *te"),
        ("", "Some *text*\n\n"),
        ("<p>Some <em>text</em></p>\n", "<b>More</b>"),
    ]


def test_a_block_that_was_not_published_is_published_later(said, agent, monkeypatch):
    monkeypatch.setattr(streaming, "PAUSE_SECONDS", 0)
    agent.add("One\n\n")
    said.away = True
    agent.add("Two\n\n")
    said.away = False
    agent.add("Three")

    assert said.rendered[-1] == ("<p>One</p>\n<p>Two</p>\n", "Three")


def test_an_unreachable_redis_is_not_tried_for_every_piece(said, agent):
    said.away = True

    for _ in range(100):
        agent.add("word ")
    agent.end()

    assert said.tries == 1
    assert agent.text == "word " * 100


def test_no_text_is_missing_when_redis_is_back(said, agent, monkeypatch):
    said.away = True
    monkeypatch.setattr(streaming, "PAUSE_SECONDS", 0)
    agent.add("One")
    agent.add(" two")

    said.away = False
    agent.add(" three")

    assert said == [(0, "One two three")]


def test_a_failure_in_publishing_loses_nothing_of_the_answer(agent, monkeypatch):
    def fail(*_args, **_options):
        raise UnicodeEncodeError("utf-8", "\ud83d", 0, 1, "surrogates not allowed")

    monkeypatch.setattr(live, "run_text", fail)

    agent.add("One")
    agent.add(" two")
    agent.end()

    assert agent.text == "One two"


def test_text_before_a_restart_is_not_part_of_the_answer(said, agent):
    agent.add("private")
    agent.restart()
    agent.add("The answer")

    assert said == [(0, "private"), (0, "The answer")]
    assert agent.text == "The answer"


def test_the_text_is_published_under_the_board_where_the_task_is_at_that_moment(ada, make, monkeypatch):
    first, second = make.board(), make.board()
    task = make.task(by=ada, board=first)
    boards = []
    monkeypatch.setattr(live, "run_text", lambda _run, _task, board, *_args, **_options: boards.append(board) or True)
    monkeypatch.setattr(streaming, "EVERY_SECONDS", 0)
    claim = Claim(run_id=1, fence=1, task_id=task.id, board_id=first.id, agent_id=4)
    agent = streaming.StreamedText(claim, board_now=lambda: streaming.board_of(task.id))

    agent.add("One")
    with transaction():
        db.session.get_one(Task, task.id).board_id = second.id
    agent.add(" two")
    with transaction():
        db.session.get_one(Task, task.id).deleted_at = clock.now()
    agent.add(" three")

    assert boards == [first.id, second.id]


def test_a_run_publishes_under_the_board_where_its_task_is(ada, make, provider, model_that, work, monkeypatch):
    first, second = make.board(), make.board()
    boards = []
    monkeypatch.setattr(live, "run_text", lambda _run, _task, board, *_args, **_options: boards.append(board) or True)
    monkeypatch.setattr(streaming, "EVERY_SECONDS", 0)
    model_that("ok")
    task = make.task(by=ada, board=first, agent=make.agent())
    runs.start(as_actor(ada), task.id)
    claim = runs.claim("a worker")
    with transaction():
        db.session.get_one(Task, task.id).board_id = second.id

    runs.execute(claim)

    assert set(boards) == {second.id}
