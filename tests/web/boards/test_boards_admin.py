"""Creating, ordering and deleting departments and boards as an admin."""

import re

from helix.services import boards, tasks
from tests.support.people import as_actor


def names(page):
    return re.findall(r'class="board-tile-name cut grow"[^>]*>([^<]+)<', page)


def test_a_department_and_its_boards_are_made_changed_ordered_and_deleted(pages, ada):
    browser = pages.as_(ada)
    browser.post("/departments", {"name": "Sales", "emoji": "🧵"})
    (department,) = boards.departments()
    for name in ("One", "Two"):
        browser.post("/boards", {"name": name, "department_id": department.id, "description": "Offers"})
    one, two = boards.boards(as_actor(ada))
    before = names(browser.get("/boards").text)

    browser.post(f"/boards/{two.id}/step", {"by": "up"})
    after = names(browser.get("/boards").text)
    browser.post(f"/boards/{one.id}/edit", {"name": "Orders", "department_id": department.id, "description": ""})
    browser.post(f"/boards/{two.id}/delete")

    assert (before, after) == (["One", "Two"], ["Two", "One"])
    assert names(browser.get("/boards").text) == ["Orders"]
    assert browser.post(f"/boards/{one.id}/step", {"by": "left"}).status_code == 422


def test_a_board_that_is_dragged_goes_as_many_places_as_it_was_dragged(pages, ada, make):
    department = make.board("One").department_id
    browser = pages.as_(ada)
    for name in ("Two", "Three"):
        browser.post("/boards", {"name": name, "department_id": department, "description": ""})
    first = boards.boards(as_actor(ada))[0]

    reply = browser.send(f"/boards/{first.id}/step", {"by": "2"})

    assert reply.status_code == 204
    assert names(browser.get("/boards").text) == ["Two", "Three", "One"]
    assert browser.send(f"/boards/{first.id}/step", {"by": "1e3"}).status_code == 422


def test_a_board_that_holds_tasks_is_deleted_only_with_a_place_for_them(pages, ada, make):
    board, heir = make.board("Old"), make.board("New")
    task = make.task(board=board)
    browser = pages.as_(ada)

    asked = browser.part(f"/boards/{board.id}/delete").text
    refused = browser.send(f"/boards/{board.id}/delete", {"move_to": ""})
    browser.send(f"/boards/{board.id}/delete", {"move_to": heir.id})

    assert "Old holds 1 task." in asked
    assert refused.status_code == 422
    assert "Choose where they go." in refused.text
    assert tasks.get(as_actor(ada), task.id).board_id == heir.id


def test_a_name_that_is_taken_is_said_beside_it(pages, ada, make):
    make.department("Sales")

    reply = pages.as_(ada).send("/departments", {"name": "sales", "emoji": "🧵"})

    assert reply.status_code == 422
    assert "There is already a department sales" in reply.text
    assert 'value="🧵"' in reply.text


def test_members_are_offered_nothing_of_it(pages, mia, make):
    make.board("Blog")

    page = pages.as_(mia).get("/boards").text

    assert names(page) == ["Blog"]
    assert "New board" not in page
    assert "Delete" not in page
