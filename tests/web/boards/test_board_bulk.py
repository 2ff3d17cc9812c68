"""Bulk changes of cards, and undo."""

import json

import pytest

from helix.models.vocabulary import BoardLevel, Priority, TaskStatus
from helix.services import tasks
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


def test_no_undo_is_offered_where_the_table_knows_no_way_back(pages, ada, make):
    task = make.task(by=ada, status=TaskStatus.REVIEW)

    reply = pages.as_(ada).send(f"/tasks/{task.id}/move", {"status": "done", "before_id": ""})

    assert toast(reply)["text"] == "Moved “Write a post” to Done."
    assert "undo" not in toast(reply)


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
