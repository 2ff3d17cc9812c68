"""The page "My tasks"."""

from datetime import timedelta

import pytest

from helix import clock
from helix.models.vocabulary import BoardLevel, TaskStatus

pytestmark = pytest.mark.every_database


def test_the_lists_hold_what_is_assigned_waits_and_was_created(pages, mia, make):
    board = make.board()
    mine = make.task("For Mia", board=board, assigned_user_id=mia.id)
    make.task("Done by Mia", board=board, assigned_user_id=mia.id, status=TaskStatus.DONE)
    make.task("For nobody", board=board)
    by_mia = make.task("Asked by Mia", board=board, by=mia, status=TaskStatus.REVIEW)
    client = pages.as_(mia)

    listed = {tab: client.get(f"/my-tasks?show={tab}").text for tab in ("assigned", "waiting", "created")}

    assert [f"task={mine.id}" in text for text in listed.values()] == [True, False, False]
    assert [f"task={by_mia.id}" in text for text in listed.values()] == [False, True, True]
    for text in listed.values():
        assert "For nobody" not in text
        assert "Done by Mia" not in text
    assert 'href="/my-tasks" aria-current="page"' in listed["assigned"]


def test_they_are_grouped_by_due_date(pages, mia, make):
    board, now = make.board(), clock.now()
    for title, days in (("Much later", 30), ("Late", -2), ("Soon", 3)):
        make.task(title, board=board, assigned_user_id=mia.id, due_at=now + timedelta(days=days))
    make.task("Whenever", board=board, assigned_user_id=mia.id)

    page = pages.as_(mia).get("/my-tasks").text

    words = ["Overdue", "Late", "Next 7 days", "Soon", "Later", "Much later", "No due date", "Whenever"]
    places = [page.index(f">{word}<") for word in words]
    assert places == sorted(places)


def test_tasks_on_a_board_that_was_closed_to_the_person_are_not_shown(pages, mia, make):
    board = make.board()
    make.task("Secret now", board=board, assigned_user_id=mia.id)
    make.grant(mia, board, BoardLevel.NONE)

    page = pages.as_(mia).get("/my-tasks").text

    assert "Secret now" not in page
    assert "Nothing is assigned to you" in page


def test_a_task_is_made_for_a_person_in_the_dialog_and_by_a_line(pages, mia, make):
    board = make.board()
    client = pages.as_(mia)

    form = client.get("/tasks/new").text
    client.send("/tasks/new", {"title": "By the form", "board_id": str(board.id), "assigned_user_id": str(mia.id)})
    client.send(f"/boards/{board.id}/quick-add", {"text": "By a line @Mia", "status": "todo"})

    assert f'<option value="{mia.id}"' in form.partition('name="assigned_user_id"')[2]
    page = client.get("/my-tasks").text
    assert "By the form" in page
    assert ">By a line<" in page
