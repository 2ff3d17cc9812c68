"""The tabs of saved views, and column limits."""

from helix.models.vocabulary import BoardLevel
from helix.services import boards
from tests.support.people import as_actor


def test_what_the_board_is_narrowed_to_is_saved_opened_changed_and_deleted(pages, mia, make):
    board = make.board()
    browser = pages.as_(mia)
    at = f"/boards/{board.id}"

    offered = browser.get(f"{at}?priority=high&lanes=agent").text
    saved = browser.post(f"{at}/views", {"name": "Urgent <b>", "query": "priority=high&lanes=agent"})
    view = boards.views(as_actor(mia), board.id)[0]
    opened = browser.get(saved.headers["Location"]).text
    differs = browser.get(f"{at}?view={view.id}&priority=low").text
    browser.post(f"/board-views/{view.id}/edit", {"query": "priority=low"})
    changed = boards.view(as_actor(mia), view.id).query
    browser.post(f"/board-views/{view.id}/edit", {"name": "Low"})
    named = boards.view(as_actor(mia), view.id).name
    browser.post(f"/board-views/{view.id}/delete")

    assert "Save as a view" in offered
    assert "Save as a view" not in opened
    assert 'aria-current="page" title="Urgent &lt;b&gt;"' in " ".join(opened.split())
    assert "Update Urgent &lt;b&gt;" in differs
    assert (changed, named) == ("priority=low", "Low")
    assert boards.views(as_actor(mia), board.id) == []


def test_a_name_that_is_taken_is_said_beside_it_and_what_was_typed_is_kept(pages, mia, make):
    board = make.board()
    boards.add_view(as_actor(mia), board.id, name="Late", query="due=overdue")

    reply = pages.as_(mia).send(f"/boards/{board.id}/views", {"name": "late", "query": "due=week"})

    assert reply.status_code == 422
    assert "You already have a view late" in reply.text
    assert 'value="due=week"' in reply.text


def test_a_limit_is_set_over_the_column_and_shown_when_it_is_reached(pages, mia, noah, make):
    board = make.board()
    make.grant(mia, board, BoardLevel.MANAGE)
    make.task(board=board, by=mia)
    browser = pages.as_(mia)

    reply = browser.send(f"/boards/{board.id}/limits", {"status": "todo", "limit": "1"})
    page = browser.get(f"/boards/{board.id}").text

    assert reply.status_code == 204
    assert 'class="column column-full" id="column-todo"' in " ".join(page.split())
    assert ">1/1<" in page
    assert browser.send(f"/boards/{board.id}/limits", {"status": "todo", "limit": "-1"}).status_code == 422
    assert pages.as_(noah).send(f"/boards/{board.id}/limits", {"status": "todo"}).status_code == 403
    browser.send(f"/boards/{board.id}/limits", {"status": "todo", "limit": ""})
    assert boards.get(as_actor(mia), board.id).wip_limits == {}
