"""Every GET route of page_permissions.py is listed in tests/support/screens.py, as a screen or as a part of one."""

from urllib.parse import urlsplit

import pytest
from werkzeug.exceptions import NotFound

from tests.support.page_permissions import ADMIN, BOARD, INBOX, OPEN, OWN, SIGNED, routes
from tests.support.screens import PARTS, SCREENS

# A page for people in the other table, which walks the API.
OF_THE_API = "GET /api/docs"


def route_of(app, place):
    """The line of the page table that answers there."""
    rule, _ = app.url_map.bind("localhost").match(urlsplit(place.path).path, return_rule=True)
    return "GET " + "".join(f"{{{part}}}" if is_word else part for is_word, part in rule._trace if part != "|")


def test_every_page_of_the_table_is_a_place_or_a_part_of_one(app):
    in_the_table = {
        route
        for table in (OPEN, SIGNED, BOARD, INBOX, OWN, ADMIN)
        for route in routes(table)
        if route.startswith("GET")
    }
    visited = {route_of(app, place) for place in SCREENS if place.status != 404}

    assert in_the_table - visited - set(routes(PARTS)) == set()
    assert set(routes(PARTS)) <= in_the_table
    assert visited - {OF_THE_API} <= in_the_table


def test_a_place_that_does_not_exist_is_not_a_place(app):
    (missing,) = [place for place in SCREENS if place.status == 404]

    with pytest.raises(NotFound):
        route_of(app, missing)
