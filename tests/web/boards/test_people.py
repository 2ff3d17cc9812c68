"""The dialog of a board in which an admin says who sees it."""

import pytest

from helix.extensions import db
from helix.models import Board, BoardGrant
from helix.models.vocabulary import BoardLevel
from tests.support.people import as_actor


def grants(board):
    return {grant.user_id: grant.level for grant in db.session.query(BoardGrant).filter_by(board_id=board.id)}


def test_only_the_people_named_see_a_board(pages, ada, mia, noah, make):
    board = make.board("Payroll")
    browser = pages.as_(ada)

    browser.post(f"/boards/{board.id}/people", {"who": "some", f"level-{mia.id}": "create", f"level-{noah.id}": ""})

    assert as_actor(mia).level_on(board.id) == BoardLevel.CREATE
    assert as_actor(noah).level_on(board.id) == BoardLevel.NONE
    assert pages.as_(noah).get(f"/boards/{board.id}").status_code == 404
    assert "Payroll" not in pages.as_(noah).get("/boards").text
    shown = " ".join(browser.get(f"/boards/{board.id}/people").text.split())
    assert 'name="who" value="some" checked' in shown
    assert "Only some people see this board" in browser.get(f"/boards/{board.id}").text


def test_everybody_sees_it_again_with_the_level_chosen_or_the_organizations(pages, ada, mia, noah, make):
    board = make.board(default_level=int(BoardLevel.NONE))
    make.grant(mia, board, BoardLevel.MANAGE)
    browser = pages.as_(ada)

    browser.post(f"/boards/{board.id}/people", {"who": "everybody", "default": "view", f"level-{mia.id}": ""})
    chosen = as_actor(noah).level_on(board.id), as_actor(mia).level_on(board.id)
    browser.post(f"/boards/{board.id}/people", {"who": "everybody", "default": ""})

    assert chosen == (BoardLevel.VIEW, BoardLevel.VIEW)
    assert as_actor(noah).level_on(board.id) == BoardLevel.CREATE
    assert db.session.get_one(Board, board.id).default_level is None


def test_people_who_are_not_in_the_form_keep_their_level(pages, ada, mia, noah, make):
    board = make.board()
    make.grant(noah, board, BoardLevel.MANAGE)

    pages.as_(ada).post(f"/boards/{board.id}/people", {"who": "some", f"level-{mia.id}": "view"})

    assert grants(board) == {mia.id: BoardLevel.VIEW, noah.id: BoardLevel.MANAGE}


@pytest.mark.parametrize("data", [{}, {"who": "nobody"}, {"who": "everybody", "default": "owner"}])
def test_a_choice_of_no_kind_is_refused_and_changes_nothing(pages, ada, mia, make, data):
    board = make.board()

    reply = pages.as_(ada).send(f"/boards/{board.id}/people", data | {f"level-{mia.id}": "view"})

    assert reply.status_code == 422
    assert grants(board) == {}


def test_a_person_who_is_not_there_is_refused_and_the_board_stays_open(pages, ada, make):
    board = make.board()

    reply = pages.as_(ada).send(f"/boards/{board.id}/people", {"who": "some", "level-999": "view"})

    assert reply.status_code == 422
    assert db.session.get_one(Board, board.id, populate_existing=True).default_level is None
