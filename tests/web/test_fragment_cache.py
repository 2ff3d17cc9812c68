"""Fragments rendered once for all users get each user's own CSRF tokens."""

import re

from helix.web.fragment_cache import TOKEN

SIGN_OUT = r'action="/sign-out"><input type="hidden" name="csrf_token" value="([^"]+)"'


def test_everybody_gets_a_token_of_his_own_in_a_part_that_is_remembered(pages, mia, noah, make):
    board = make.board()
    signed_in, other_browser = pages.as_(mia), pages.as_(noah)

    first, second = (browser.get(f"/boards/{board.id}").text for browser in (signed_in, other_browser))

    tokens = {*re.findall(r'name="csrf_token" value="([^"]*)"', first)}
    assert len(tokens) == 1
    assert tokens.isdisjoint(re.findall(r'name="csrf_token" value="([^"]*)"', second))
    assert signed_in.post("/sign-out", data={"csrf_token": tokens.pop()}).status_code == 303
    assert TOKEN not in first + second


def test_nobody_gets_a_token_into_a_text_of_his(pages, mia, make):
    board = make.board(f"Board {TOKEN}")

    page = pages.as_(mia).get(f"/boards/{board.id}").text

    token = re.search(SIGN_OUT, page)[1]
    assert f"Board {token}" not in page
    assert "Board &lt;the token" in page


def test_a_sidebar_that_is_remembered_tells_what_is_so_now(pages, mia, make):
    board = make.board("Blog")
    signed_in = pages.as_(mia)
    before = signed_in.get("/boards").text

    make.task(board=board, by=mia)
    after = signed_in.get("/boards").text

    assert "open tasks" not in before
    assert "open tasks" in after
