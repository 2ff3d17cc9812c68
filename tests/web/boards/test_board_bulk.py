"""Bulk changes of cards, and undo."""

import json
from datetime import date

import pytest

from helix.models.vocabulary import BoardLevel, Priority, TaskStatus
from helix.services import runs, tasks
from helix.text.times import end_of_day
from tests.support.people import as_actor

pytestmark = pytest.mark.every_database


def toast(reply):
    return json.loads(reply.headers["HX-Trigger"])["toast"]


def undo(browser, reply):
    offered = toast(reply)["undo"]
    return browser.send(offered["url"], offered["values"])


def order(browser, board, *found):
    page = browser.get(f"/boards/{board.id}").text
    return sorted(found, key=lambda task: page.index(f'id="task-{task.id}"'))


def test_several_are_moved_at_once_and_put_back_where_each_of_them_was(pages, mia, make):
    board = make.board()
    cards = [make.task(f"Task {number}", board=board, by=mia) for number in range(4)]
    signed_in = pages.as_(mia)

    moved = signed_in.send(f"/boards/{board.id}/bulk", {"ids": f"{cards[1].id},{cards[0].id}", "status": "in_progress"})
    there = {task.id: tasks.get(as_actor(mia), task.id).status for task in cards}
    undone = undo(signed_in, moved)

    assert moved.status_code == 204
    assert toast(moved)["text"] == "Moved 2 tasks to In Progress."
    assert list(there.values()) == ["in_progress", "in_progress", "todo", "todo"]
    assert toast(undone)["text"] == "Restored 2 tasks."
    assert order(signed_in, board, *reversed(cards)) == cards


def test_a_move_that_the_table_forbids_for_one_of_them_moves_none(pages, mia, make):
    board = make.board()
    waiting, done = make.task(board=board, by=mia), make.task(board=board, by=mia, status=TaskStatus.DONE)

    reply = pages.as_(mia).send(f"/boards/{board.id}/bulk", {"ids": f"{waiting.id},{done.id}", "status": "in_progress"})

    assert reply.status_code == 409
    assert f"Task {done.id}" in reply.get_json(force=True)["detail"]
    assert tasks.get(as_actor(mia), waiting.id).status == TaskStatus.TODO


def test_a_card_moved_from_review_to_done_is_put_back_as_a_decision_is(pages, ada, make):
    task = make.task(by=ada, status=TaskStatus.REVIEW)
    signed_in = pages.as_(ada)

    reply = signed_in.send(f"/tasks/{task.id}/move", {"status": "done", "before_id": ""})
    undo(signed_in, reply)

    assert toast(reply)["text"] == "Moved “Write a post” to Done."
    assert tasks.get(as_actor(ada), task.id).status == TaskStatus.REVIEW


def test_nothing_is_undone_when_somebody_changed_the_task_since(pages, mia, ada, make):
    board = make.board()
    first, second = make.task(board=board, by=mia), make.task(board=board, by=mia)
    signed_in = pages.as_(mia)
    moved = signed_in.send(f"/boards/{board.id}/bulk", {"ids": f"{first.id},{second.id}", "status": "in_progress"})
    tasks.edit(as_actor(ada), second.id, {"title": "Another title"})

    reply = undo(signed_in, moved)

    assert reply.status_code == 409
    assert "Somebody changed it since" in reply.get_json(force=True)["detail"]
    assert {tasks.get(as_actor(mia), task.id).status for task in (first, second)} == {TaskStatus.IN_PROGRESS}


def test_every_bulk_action_is_done_and_undone(pages, mia, make):
    board, agent = make.board(), make.agent("Sierra")
    task = make.task(board=board, by=mia, tags=["seo", "blog"])
    signed_in = pages.as_(mia)
    before = tasks.undo.snapshot([task.id])[0].fields
    actions = [
        ({"assigned_agent_id": str(agent.id)}, {"assigned_agent_id": agent.id}, "Gave 1 task to Sierra."),
        ({"priority": "urgent"}, {"priority": Priority.URGENT}, "Set 1 task to urgent priority."),
        (
            {"add_tags": "Linen, #spring"},
            {"tags": ["seo", "blog", "linen", "spring"]},
            "Tagged 1 task with Linen, spring.",
        ),
        ({"remove_tags": "seo"}, {"tags": ["blog"]}, "Took seo off 1 task."),
        (
            {"due_date": "2031-03-04"},
            {"due_at": end_of_day(date(2031, 3, 4), "UTC")},
            "Set the due date of 1 task to 4 Mar 2031.",
        ),
        ({"archived": "true"}, {"archived": True}, "Archived 1 task."),
    ]

    for form, changed, words in actions:
        reply = signed_in.send(f"/boards/{board.id}/bulk", {"ids": task.id, **form})
        assert toast(reply)["text"] == words
        assert tasks.undo.snapshot([task.id])[0].fields == before | changed, form
        assert undo(signed_in, reply).status_code == 204
        assert tasks.undo.snapshot([task.id])[0].fields == before, form


def test_what_was_deleted_comes_back_to_its_place(pages, mia, make):
    board = make.board()
    cards = [make.task(f"Task {number}", board=board, by=mia) for number in range(3)]
    signed_in = pages.as_(mia)

    deleted = signed_in.send(f"/boards/{board.id}/bulk", {"ids": f"{cards[0].id},{cards[1].id}", "delete": "1"})
    gone = signed_in.get(f"/boards/{board.id}").text
    undo(signed_in, deleted)

    assert toast(deleted)["text"] == "Deleted 2 tasks."
    assert f'id="task-{cards[0].id}"' not in gone
    assert order(signed_in, board, *reversed(cards)) == cards


def test_a_place_that_was_taken_meanwhile_is_shared_without_a_clash(pages, mia, make):
    board = make.board()
    first, second, third = (make.task(name, board=board, by=mia) for name in ("One", "Two", "Three"))
    signed_in = pages.as_(mia)
    moved = signed_in.send(f"/tasks/{second.id}/move", {"status": "in_progress", "before_id": ""})
    signed_in.send(f"/tasks/{first.id}/move", {"status": "todo", "after_id": third.id})
    newcomer = make.task("Four", board=board, by=mia)
    signed_in.send(f"/tasks/{newcomer.id}/move", {"status": "todo", "before_id": third.id})

    assert undo(signed_in, moved).status_code == 204

    assert signed_in.send(f"/tasks/{first.id}/move", {"status": "todo", "before_id": second.id}).status_code == 200
    found = order(signed_in, board, first, second, third, newcomer)
    assert found.index(first) + 1 == found.index(second)


def test_undo_gives_nobody_a_right_that_he_does_not_have(pages, mia, noah, make):
    board = make.board()
    make.grant(noah, board, BoardLevel.VIEW)
    task = make.task(board=board, by=mia)
    moved = pages.as_(mia).send(f"/boards/{board.id}/bulk", {"ids": task.id, "status": "in_progress"})

    reply = undo(pages.as_(noah), moved)
    strange = pages.as_(mia).send(f"/boards/{board.id}/undo", {"changes": '[{"id": 1, "version": 1, "title": "x"}]'})
    broken = pages.as_(mia).send(
        f"/boards/{board.id}/undo",
        {
            "changes": json.dumps(
                [{"id": task.id, "version": tasks.get(as_actor(mia), task.id).version, "position": "a0 "}]
            )
        },
    )

    assert reply.status_code == 403
    assert (strange.status_code, broken.status_code) == (422, 422)
    assert tasks.get(as_actor(mia), task.id).status == TaskStatus.IN_PROGRESS


def test_several_are_given_to_a_person_whose_face_the_cards_show_until_it_is_undone(pages, ada, mia, make):
    board = make.board()
    cards = [make.task(f"Task {number}", board=board) for number in range(2)]
    ids = ",".join(str(card.id) for card in cards)
    signed_in = pages.as_(ada)

    given = signed_in.send(f"/boards/{board.id}/bulk", {"ids": ids, "assigned_user_id": str(mia.id)})

    assert toast(given)["text"] == "Assigned 2 tasks to Mia."
    assert signed_in.get(f"/boards/{board.id}").text.count('title="Mia, person"') == 2
    undo(signed_in, given)
    assert tasks.get(as_actor(ada), cards[0].id).assigned_user_id is None


def test_several_go_to_another_board_and_come_back_to_their_places(pages, mia, make):
    board, other = make.board("Blog"), make.board("Ads")
    cards = [make.task(f"Task {number}", board=board, by=mia) for number in range(3)]
    signed_in = pages.as_(mia)

    offered = signed_in.part(f"/boards/{board.id}/other-boards").text
    moved = signed_in.send(f"/boards/{board.id}/bulk", {"ids": f"{cards[1].id},{cards[0].id}", "board_id": other.id})
    there = order(signed_in, other, cards[1], cards[0])
    undone = undo(signed_in, moved)

    assert f"board_id={other.id}" in offered
    assert f"board_id={board.id}" not in offered
    assert toast(moved)["text"] == "Moved 2 tasks to Ads."
    assert there == [cards[1], cards[0]]
    assert undone.status_code == 204
    assert order(signed_in, board, *reversed(cards)) == cards


@pytest.mark.parametrize("level", [BoardLevel.NONE, BoardLevel.VIEW])
def test_nothing_goes_to_a_board_on_which_one_may_not_create(pages, mia, make, level):
    board, closed = make.board(), make.board("Closed")
    make.grant(mia, closed, level)
    task = make.task(board=board, by=mia)
    browser = pages.as_(mia)

    answer = browser.send(f"/boards/{board.id}/bulk", {"ids": task.id, "board_id": closed.id})
    from_menu = browser.send(f"/tasks/{task.id}/board", {"board_id": closed.id})

    assert answer.status_code in (403, 404, 422)
    assert from_menu.status_code in (403, 404, 422)
    assert tasks.get(as_actor(mia), task.id).board_id == board.id
    assert "Closed" not in browser.part(f"/boards/{board.id}/other-boards").text
    assert "Closed" not in browser.part(f"/tasks/{task.id}/board").text


def test_a_task_goes_to_another_board_from_its_menu_and_comes_back(pages, mia, make):
    board, other = make.board("Blog"), make.board("Ads")
    task = make.task(board=board, by=mia)
    browser = pages.as_(mia)

    form = browser.part(f"/tasks/{task.id}/board").text
    moved = browser.send(f"/tasks/{task.id}/board", {"board_id": other.id})
    there = tasks.get(as_actor(mia), task.id).board_id
    undo(browser, moved)

    assert "Ads" in form
    assert toast(moved)["text"] == "Moved “Write a post” to Ads."
    assert (there, tasks.get(as_actor(mia), task.id).board_id) == (other.id, board.id)


def test_without_a_board_the_form_says_so(pages, mia, make):
    task = make.task(by=mia)

    answer = pages.as_(mia).send(f"/tasks/{task.id}/board", {"board_id": ""})

    assert answer.status_code == 422


def test_several_are_run_or_none_of_them(pages, mia, make):
    make.model()
    board, agent = make.board(), make.agent()
    ready = [make.task(board=board, by=mia, agent=agent) for _ in range(2)]
    without = make.task(board=board, by=mia)
    browser = pages.as_(mia)

    refused = browser.send(f"/boards/{board.id}/bulk", {"ids": f"{ready[0].id},{without.id}", "run": "1"})
    before = [runs.of_task(as_actor(mia), task.id)[1] for task in ready]
    started = browser.send(f"/boards/{board.id}/bulk", {"ids": f"{ready[0].id},{ready[1].id}", "run": "1"})

    assert refused.status_code == 409
    assert f"Task {without.id}" in refused.get_json(force=True)["detail"]
    assert before == [0, 0]
    assert toast(started)["text"] == "Started 2 tasks."
    assert [runs.of_task(as_actor(mia), task.id)[1] for task in ready] == [1, 1]
