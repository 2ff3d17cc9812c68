"""Every route of the HTML door: the table is tests/support/page_table.py."""

import io
import re

import pytest

from tests.support.page_table import ADMIN, BOARD, FORMS, INBOX, OPEN, OWN, SIGNED, WITH_FILES, routes
from tests.support.pages import HTMX
from tests.support.permission_things import Things

pytestmark = pytest.mark.any_database
IN_THE_TABLE = [route for table in (OPEN, SIGNED, BOARD, INBOX, OWN, ADMIN) for route in routes(table)]
CLOSED = [route for route in IN_THE_TABLE if route not in routes(OPEN)]
WORDS = {"status": "todo", "key": "task-1", "number": "1", "step": "model", "lane": "high"}


def pages_of(app):
    found = set()
    for rule in app.url_map.iter_rules():
        if not rule.rule.startswith(("/api/", "/dev/")):
            path = re.sub(r"<(?:[^<:>]+:)?([^<>]+)>", r"{\1}", rule.rule)
            found |= {f"{method} {path}" for method in rule.methods - {"HEAD", "OPTIONS"}}
    return found


def address(route, things):
    path = route.split(" ")[1]
    path = re.sub(r"\{(\w+)\}", lambda place: WORDS.get(place[1]) or str(things.id(place[1])), path)
    # These say in their query which board or which place they mean.
    path += {"GET /boards/{board_id}/cards": "?ids=1", "GET /boards/{board_id}/lanes/{lane}": "?lanes=priority"}.get(
        route, ""
    )
    if route.endswith("{status}"):
        path += "?after=a0~0"
    return path


def knock(browser, route, path):
    if route.startswith("GET"):
        return browser.get(path)
    form = dict(FORMS.get(route, {}))
    if route in WITH_FILES:
        form["file"] = (io.BytesIO(b"---\nname: Imported\n---\nBe kind.\n"), "skill.md")
    return browser.post(path, data=form)


def test_every_page_is_in_the_table_once(app):
    missing = pages_of(app) - set(IN_THE_TABLE)

    assert not missing, (
        f"Nobody has said who may open {', '.join(sorted(missing))}: add a line to tests/support/page_table.py."
    )
    assert len(IN_THE_TABLE) == len(set(IN_THE_TABLE))


def test_everything_in_the_table_is_a_page(app):
    strange = set(IN_THE_TABLE) - pages_of(app) - {"GET /static/{filename}"}

    assert not strange, f"{', '.join(sorted(strange))}: no such page any more. Take it out of the table."


def test_nobody_is_sent_to_sign_in_from_every_page(pages):
    for route in CLOSED:
        if not route.startswith("GET") or route == "GET /events":
            continue
        path = re.sub(r"\{\w+\}", "1", route.split(" ")[1])
        whole, part = pages.get(path), pages.get(path, headers=HTMX)
        assert whole.status_code in (302, 303), f"{route} {whole.status_code}"
        assert whole.headers["Location"].startswith("/sign-in"), route
        assert part.status_code == 401, f"{route} {part.status_code}"


def test_nobody_sends_a_form(pages):
    for route in CLOSED:
        if route.startswith("POST"):
            path = re.sub(r"\{\w+\}", "1", route.split(" ")[1])
            reply = pages.post(path)
            assert reply.status_code in (302, 303, 401), f"{route} {reply.status_code}"
            if reply.status_code != 401:
                assert reply.headers["Location"].startswith("/sign-in"), route


@pytest.mark.parametrize("route", [*routes(BOARD), *routes(OWN)])
def test_a_stranger_is_told_that_there_is_nothing(route, pages, ada, mia, make):
    make.model()
    things = Things(make, route, "stranger", mia, ada)
    path = address(route, things)

    reply = knock(pages.as_(mia), route, path)

    assert reply.status_code == 404, reply.text[:200]


@pytest.mark.parametrize("route", routes(INBOX))
def test_a_strangers_inbox_changes_nothing(route, api, pages, ada, mia, make):
    make.model()
    things = Things(make, route, "stranger", mia, ada)
    path = address(route, things)
    before = api.as_(ada).get("/api/tasks/").json

    reply = pages.as_(mia).post(path, data={"content": "Hello", "feedback": "Shorter"})

    assert reply.status_code == 303
    assert reply.headers["Location"].startswith("/inbox")
    assert api.as_(ada).get("/api/tasks/").json == before
    assert api.as_(ada).get("/api/notifications/?read=true").json["items"] == []


@pytest.mark.parametrize("route", routes(ADMIN))
def test_a_member_is_refused_what_admins_do(route, pages, ada, mia, make):
    path = address(route, Things(make, route, "manage", mia, ada))

    reply = knock(pages.as_(mia), route, path)

    assert reply.status_code == 403, reply.text[:200]


def test_a_member_opens_what_is_for_everyone_who_is_signed_in(pages, ada, mia, make):
    browser = pages.as_(mia)
    for route in routes(SIGNED):
        if route.startswith("GET") and route not in ("GET /events", "GET /inbox/items/{key}"):
            reply = browser.get(address(route, Things(make, route, "own", mia, ada)))
            assert reply.status_code == (302 if route == "GET /settings" else 200), f"{route} {reply.status_code}"


def test_an_admin_opens_every_page(pages, ada, make):
    make.model()
    browser = pages.as_(ada)
    for route in (*routes(SIGNED), *routes(BOARD), *routes(ADMIN)):
        if route.startswith("GET") and route not in ("GET /events", "GET /inbox/items/{key}"):
            reply = browser.get(address(route, Things(make, route, "admin", ada, ada)))
            assert reply.status_code in (200, 302, 303), f"{route} {reply.status_code}"
