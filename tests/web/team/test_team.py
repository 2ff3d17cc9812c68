import re

from helix.extensions import db
from helix.models import BoardGrant, User
from helix.models.vocabulary import BoardLevel, Role
from helix.services import accounts
from tests.support.people import as_actor

NEW = {"name": "Omar Haddad", "email": "omar@example.com", "role": "member"}


def levels_of(user) -> dict[int, int]:
    return {grant.board_id: grant.level for grant in db.session.query(BoardGrant).filter_by(user_id=user.id)}


def test_only_admins_open_the_team(pages, mia, ada, make):
    board = make.board()
    browser = pages.as_(mia)

    for path in ("/team", "/team/levels", "/team/invite", f"/team/{ada.id}/edit", f"/team/{ada.id}/close"):
        assert browser.get(path).status_code == 403, path
    for deed in ("role", "active", "link", "edit", "close"):
        assert browser.send(f"/team/{ada.id}/{deed}", NEW).status_code == 403, deed
    level = {"user_id": str(mia.id), "board_id": str(board.id), "level": "manage"}
    assert browser.send("/team/levels", level).status_code == 403
    assert levels_of(mia) == {}


def test_the_team_shows_roles_states_and_who_was_here(pages, ada, mia, people, statements):
    people.zoe  # noqa: B018 - deactivated
    pages.as_(mia)
    browser = pages.as_(ada)
    browser.send("/team/invite", NEW)

    with statements() as found:
        page = browser.get("/team").text

    row = {name: page.split(f'title="{name}" dir')[1].split("</article>")[0][:900] for name in ("Mia", "Omar Haddad")}
    assert "Seen" in row["Mia"]
    assert "Never signed in" in row["Omar Haddad"]
    assert "Invited" in row["Omar Haddad"]
    assert "Deactivated" in page
    assert len(found) <= 10, found


def test_an_invitation_gives_a_link_that_opens_the_account(pages, ada):
    reply = pages.as_(ada).send("/team/invite", NEW)

    link = re.search(r'id="one-time-link">([^<]+)<', reply.text)
    assert reply.status_code == 200
    assert link
    assert accounts.user_of_link(link[1].rsplit("/", 1)[1]).name == "Omar Haddad"
    assert "The mail could not be sent" in reply.text
    assert "<hx-partial" in reply.text


def test_what_was_typed_is_kept_beside_what_is_wrong(pages, ada, mia):
    browser = pages.as_(ada)

    wrong = browser.send("/team/invite", NEW | {"email": "omar", "name": " "})
    same_address = browser.send("/team/invite", NEW | {"email": "MIA@example.com"})
    same_name = browser.send("/team/invite", NEW | {"name": "mia"})
    plain = browser.post("/team/invite", NEW | {"email": "omar"})

    assert {reply.status_code for reply in (wrong, same_address, same_name, plain)} == {422}
    assert 'value="omar"' in wrong.text
    assert "Enter a name" in wrong.text
    assert "Write an e-mail address" in wrong.text
    assert 'id="f-email-error"' in same_address.text
    assert 'id="f-name-error"' in same_name.text
    assert "<!doctype html>" in plain.text


def test_roles_change_in_place_and_the_last_admin_stays_one(pages, ada, mia):
    browser = pages.as_(ada)

    refused = browser.send(f"/team/{ada.id}/role", {"role": "member"})
    made = browser.send(f"/team/{mia.id}/role", {"role": "admin"})

    assert "this is the last one" in refused.text
    assert '<option value="admin" selected>' in refused.text
    assert "Mia is now an admin." in made.text
    assert db.session.get_one(User, mia.id).role == Role.ADMIN
    assert db.session.get_one(User, ada.id).role == Role.ADMIN


def test_deactivating_signs_out(pages, ada, mia):
    browser, other_browser = pages.as_(ada), pages.as_(mia)

    reply = browser.send(f"/team/{mia.id}/active", {"is_active": "0"})

    assert "Deactivated" in reply.text
    assert other_browser.get("/boards").status_code == 302


def test_a_lost_password_gets_a_link(pages, ada, mia):
    reply = pages.as_(ada).send(f"/team/{mia.id}/link")

    assert "A new password for Mia" in reply.text
    assert "/reset-password/" in reply.text


def test_closing_says_what_happens_and_then_does_it(pages, ada, mia):
    browser = pages.as_(ada)

    asked = browser.part(f"/team/{mia.id}/close").text
    own = browser.send(f"/team/{ada.id}/close")
    done = browser.send(f"/team/{mia.id}/close")

    assert "Mia (closed)" in asked
    assert own.status_code == 422
    assert "You cannot close your own account" in own.text
    assert "Closed the account of Mia." in done.text
    assert db.session.get_one(User, mia.id).closed_at is not None


def test_the_matrix_shows_and_sets_one_level_and_leaves_the_others(pages, ada, mia, noah, make, statements):
    board, other = make.board("Blog"), make.board("Ads")
    make.grant(mia, other, BoardLevel.NONE)
    make.grant(noah, board, BoardLevel.MANAGE)
    browser = pages.as_(ada)
    cell = {"user_id": str(mia.id), "board_id": str(board.id)}

    with statements() as found:
        page = browser.get("/team/levels").text
    given = browser.send("/team/levels", cell | {"level": "view"})
    levels = levels_of(mia)
    browser.send("/team/levels", cell | {"level": ""})

    assert len(found) <= 11, found
    assert 'aria-label="Level of Mia on Blog"' in page
    assert "Ada is an admin and manages every board." in " ".join(page.split())
    assert 'aria-label="Level of Ada' not in page
    assert "Mia can view Blog." in given.text
    assert levels == {board.id: BoardLevel.VIEW, other.id: BoardLevel.NONE}
    assert levels_of(mia) == {other.id: BoardLevel.NONE}
    assert levels_of(noah) == {board.id: BoardLevel.MANAGE}


def test_the_first_column_sets_what_everybody_may_do_on_a_board(pages, ada, mia, make):
    board, other = make.board("Blog"), make.board("Ads")
    browser = pages.as_(ada)

    browser.post("/team/levels", {"board_id": str(board.id), "level": "none"})
    page = " ".join(browser.get("/team/levels").text.split())
    closed = as_actor(mia)
    browser.post("/team/levels", {"board_id": str(board.id), "level": ""})

    assert (closed.level_on(board.id), closed.level_on(other.id)) == (BoardLevel.NONE, BoardLevel.CREATE)
    assert 'value="none" selected>Only people named<' in page
    assert "Nothing (default)" in page
    assert as_actor(mia).level_on(board.id) == BoardLevel.CREATE


def test_a_row_and_a_column_are_set_at_once(pages, ada, mia, noah, make):
    board, other = make.board("Blog"), make.board("Ads")
    browser = pages.as_(ada)

    browser.post("/team/levels/all", {"board_id": str(board.id), "level": "manage"})
    row = levels_of(mia), levels_of(noah)
    browser.post("/team/levels/all", {"user_id": str(mia.id), "level": "none"})
    column = levels_of(mia), levels_of(noah)
    browser.post("/team/levels/all", {"board_id": str(board.id), "level": "default"})

    assert row == ({board.id: BoardLevel.MANAGE},) * 2
    assert column == ({board.id: BoardLevel.NONE, other.id: BoardLevel.NONE}, {board.id: BoardLevel.MANAGE})
    assert (levels_of(mia), levels_of(noah), levels_of(ada)) == ({other.id: BoardLevel.NONE}, {}, {})


def test_a_row_or_column_of_nothing_is_refused(pages, ada, mia, make):
    board = make.board()
    browser = pages.as_(ada)
    both = {"board_id": str(board.id), "user_id": str(mia.id), "level": "view"}

    for data in (both, {"level": "view"}, {"board_id": str(board.id)}, {"board_id": str(board.id), "level": "lots"}):
        assert browser.send("/team/levels/all", data).status_code == 422, data
    assert levels_of(mia) == {}


def test_a_level_for_nobody_or_of_no_kind_is_refused(pages, ada, mia, make):
    board = make.board()
    browser = pages.as_(ada)

    wrong = ({"user_id": "999", "level": "view"}, {"user_id": str(mia.id), "level": "lots"}, {"user_id": "x"})

    for data in wrong:
        assert browser.send("/team/levels", {"board_id": str(board.id)} | data).status_code == 422, data
    assert browser.send("/team/levels", {"user_id": str(mia.id), "board_id": "999", "level": "view"}).status_code == 404
