"""Parts of pages that are made from values alone, and the form tokens in them."""

import re


def test_each_session_gets_its_own_form_token_in_a_part(pages, mia, noah, make):
    board = make.board()
    browser_of_mia, his = pages.as_(mia), pages.as_(noah)

    first, second = (browser.get(f"/boards/{board.id}").text for browser in (browser_of_mia, his))

    tokens = {*re.findall(r'name="csrf_token" value="([^"]*)"', first)}
    assert len(tokens) == 1
    assert tokens.isdisjoint(re.findall(r'name="csrf_token" value="([^"]*)"', second))
    assert browser_of_mia.post("/sign-out", data={"csrf_token": tokens.pop()}).status_code == 303


def test_sidebar_shows_the_current_counts(pages, mia, make):
    board = make.board("Blog")
    browser_of_mia = pages.as_(mia)
    before = browser_of_mia.get("/boards").text

    make.task(board=board, by=mia)
    after = browser_of_mia.get("/boards").text

    assert "open tasks" not in before
    assert "open tasks" in after
