"""The search page keeps what was asked, narrows by board, agent, status and dates, and shows why a task was found."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from helix import clock
from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import Task
from helix.models.vocabulary import BoardLevel, TaskStatus
from helix.services import skills, tasks
from tests.support.people import as_actor


@pytest.fixture
def board(make):
    return make.board("Blog")


def set_times(task, *, created, updated):
    with transaction():
        db.session.execute(update(Task).where(Task.id == task.id).values(created_at=created, updated_at=updated))


def titles(page):
    return [
        part.split("</a>")[0].split(">", 1)[1].replace("<mark>", "").replace("</mark>", "")
        for part in page.split('class="hit-title"')[1:]
    ]


def test_the_question_stays_in_the_box_and_each_hit_says_why_and_where(pages, mia, make, board):
    agent = make.agent("Sierra")
    text = "Compare <b>the</b> Crème brûlée of three makers before the weekend. " * 3
    make.task("Plain title", description=text, board=board, agent=agent, by=mia)

    page = pages.as_(mia).get("/search?q=creme+brulee").text

    assert 'value="creme brulee"' in page
    assert "<mark>Crème brûlée</mark>" in page
    assert "&lt;b&gt;the&lt;/b&gt;" in page
    assert "<b>the</b>" not in page
    hit = page.split('class="line hit"')[1].split("</article>")[0]
    assert "To Do" in hit
    assert "Blog" in hit
    assert "Sierra" in hit
    assert "data-ago" in hit


def test_titles_come_before_descriptions_and_then_the_latest_change(pages, mia, make, board):
    make.task("Other", description="about linen", board=board, by=mia)
    older = make.task("Linen, older", board=board, by=mia)
    make.task("Linen, newer", board=board, by=mia)
    old = clock.now() - timedelta(days=3)
    set_times(older, created=old, updated=old)

    assert titles(pages.as_(mia).get("/search?q=linen").text) == ["Linen, newer", "Linen, older", "Other"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("period=last-week", ["Last week"]),
        ("period=this-week", ["Today"]),
        ("period=today", ["Today"]),
        ("period=last-week&change=created", ["Last week", "Today"]),
        ("period=days&first=2026-01-05&last=2026-01-05", ["Long ago"]),
        ("period=days&last=2026-01-05&first=2026-01-06", ["Long ago"]),
        ("period=days&first=nonsense", []),
    ],
)
def test_a_period_needs_no_words(pages, mia, make, board, query, found):
    monday = clock.now() - timedelta(days=clock.now().weekday())
    last_week = monday - timedelta(days=4)
    long_ago = last_week.replace(year=2026, month=1, day=5)
    for title, created, updated in [
        ("Today", last_week, clock.now()),
        ("Last week", last_week, last_week),
        ("Long ago", long_ago, long_ago),
    ]:
        set_times(make.task(title, board=board, by=mia), created=created, updated=updated)

    assert sorted(titles(pages.as_(mia).get(f"/search?{query}").text)) == found


def test_board_agent_status_and_archive_narrow(pages, mia, make, board):
    agent, other = make.agent("Sierra"), make.board("Other")
    make.task("Linen A", board=board, agent=agent, by=mia)
    make.task("Linen B", board=other, by=mia)
    make.task("Linen C", board=board, status=TaskStatus.DONE, by=mia)
    tasks.edit(as_actor(mia), make.task("Linen D", board=board, by=mia).id, {"archived": True})
    browser = pages.as_(mia)

    def found(query):
        return sorted(titles(browser.get(f"/search?q=linen&{query}").text))

    assert found(f"board={board.id}") == ["Linen A", "Linen C"]
    assert found(f"agent={agent.id}") == ["Linen A"]
    assert found("status=done") == ["Linen C"]
    assert found("archived=1") == ["Linen A", "Linen B", "Linen C", "Linen D"]
    assert found("status=nonsense&board=x") == ["Linen A", "Linen B", "Linen C"]


def test_boards_that_are_hidden_are_neither_found_nor_offered(pages, mia, make):
    hidden = make.board("Secret plans")
    make.task("Linen of the board", board=hidden)
    make.grant(mia, hidden, BoardLevel.NONE)

    for query in ("q=linen", f"q=linen&board={hidden.id}", f"board={hidden.id}", "q=secret"):
        page = pages.as_(mia).get(f"/search?{query}").text

        assert titles(page) == []
        assert "Secret plans" not in page


def test_long_results_come_in_pages_that_keep_the_filters(pages, mia, make, board):
    for number in range(30):
        make.task(f"Linen {number}", board=board, by=mia)
    browser = pages.as_(mia)

    first = browser.get(f"/search?q=linen&board={board.id}").text
    second = browser.get(f"/search?q=linen&board={board.id}&page=2").text

    assert len(titles(first)) == 25
    assert f"/search?q=linen&amp;board={board.id}&amp;page=2" in first
    assert len(titles(second)) == 5
    assert "30 tasks" in second


def test_the_palette_names_the_board_of_a_task_and_finds_skills(pages, ada, mia, make, board):
    task = make.task("Linen report", board=board, by=mia)
    skills.create(as_actor(ada), name="Linen style", content="Plain words.")
    make.agent("Linen Lou", role_title="Writer")

    found = pages.as_(mia).get("/palette?q=linen").json

    assert [(one["group"], one["label"], one["hint"]) for one in found] == [
        ("Go to", "Linen Lou", "Agent · Writer"),
        ("Go to", "Linen style", "Skill"),
        ("Tasks", "Linen report", f"{task.id} · Blog"),
    ]
