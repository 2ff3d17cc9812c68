"""Every route of the HTML door: the table is tests/support/page_permissions.py.

Each test is one kind of visitor who walks all routes of a table; what went wrong is told by route, all of it at once.
"""

import io
import re

import pytest

from helix.models.vocabulary import Role
from helix.policies.actor import SYSTEM
from helix.services import accounts
from helix.transaction import transaction
from tests.support import headers
from tests.support.page_client import HTMX
from tests.support.page_permissions import ADMIN, BOARD, FORMS, INBOX, OPEN, OWN, SIGNED, WITH_FILES, routes, takes
from tests.support.people import PASSWORD, as_actor
from tests.support.permission_data import RequestData, Shared
from tests.support.request_paths import fill_path, request_path

pytestmark = pytest.mark.any_database
IN_THE_TABLE = [route for table in (OPEN, SIGNED, BOARD, INBOX, OWN, ADMIN) for route in routes(table)]
CLOSED = [route for route in IN_THE_TABLE if route not in routes(OPEN)]
# A stream does not end, and this item is not there any more.
ELSEWHERE = {"GET /events", "GET /inbox/items/{key}"}
ENDS_THE_SESSION = "POST /profile/sessions/end-all"
MAY = {
    "view": {"see"},
    "other": {"see", "create"},
    "own": {"see", "create", "edit", "mine"},
    "manage": {"see", "create", "edit", "manage"},
}
MAY["admin"] = MAY["manage"] | MAY["own"]


def pages_of(app):
    found = set()
    for rule in app.url_map.iter_rules():
        if not rule.rule.startswith(("/api/", "/dev/")):
            path = re.sub(r"<(?:[^<:>]+:)?([^<>]+)>", r"{\1}", rule.rule)
            found |= {f"{method} {path}" for method in rule.methods - {"HEAD", "OPTIONS"}}
    return found


def knock(browser, route, things):
    path = request_path(route, things)
    if route.startswith("GET"):
        return browser.get(path)
    form = {name: fill_path(value, things) for name, value in FORMS.get(route, {}).items()}
    if route in WITH_FILES:
        form["file"] = (io.BytesIO(b"---\nname: Imported\n---\nBe kind.\n"), "skill.md")
    return browser.post(path, data=form)


def join(name, role=Role.MEMBER):
    return accounts.create(SYSTEM, name=name, email=f"{name.lower()}@example.com", password=PASSWORD, role=role)


class Walk:
    """Knocks at routes as one visitor and remembers what was not as it should be."""

    def __init__(self, browser, make, actor, user, boss):
        self.browser, self.wrong = browser, []
        self._actor, self._things, self._kept = actor, (make, user, boss), Shared()

    def knock(self, route, *, wanted, words):
        """`wanted`: whether a status is right; `words`: what would have been."""
        make, user, boss = self._things
        reply = knock(self.browser, route, RequestData(make, route, self._actor, user, boss, self._kept))
        self.hold(route, reply, wanted(reply.status_code), words)

    def hold(self, route, reply, right, words):
        if not right:
            self.wrong.append(f"{route} as {self._actor}: {reply.status_code}, not {words}: {reply.text[-300:]}")
        self.wrong += [f"{route} as {self._actor}: {fault}" for fault in headers.problems(reply)]

    def assert_right(self):
        assert not self.wrong, "\n".join(self.wrong)


def test_every_page_is_in_the_table_once(app):
    missing = pages_of(app) - set(IN_THE_TABLE)

    assert not missing, (
        f"Nobody has said who may open {', '.join(sorted(missing))}: add a line to tests/support/page_permissions.py."
    )
    assert len(IN_THE_TABLE) == len(set(IN_THE_TABLE))


def test_everything_in_the_table_is_a_page(app):
    strange = set(IN_THE_TABLE) - pages_of(app) - {"GET /static/{filename}"}

    assert not strange, f"{', '.join(sorted(strange))}: no such page any more. Take it out of the table."


@pytest.fixture
def shut_out(pages, api, ada):
    """Browsers that are let in nowhere: without a cookie, with an API token instead, and of a closed account."""
    gone = join("Gone")
    closed = pages.as_(gone)
    closed.token()
    with transaction():
        accounts.close(SYSTEM, gone.id)
    _row, token = accounts.create_api_token(as_actor(ada), name="Script")
    return {"nobody": (pages, {}), "token": (pages, {"Authorization": f"Bearer {token}"}), "closed": (closed, {})}


@pytest.mark.parametrize("actor", ["nobody", "token", "closed"])
def test_who_is_not_signed_in_gets_nowhere(actor, shut_out, ada):
    browser, more = shut_out[actor]
    walk = Walk(browser, None, actor, None, None)

    for route in CLOSED:
        path = re.sub(r"\{\w+\}", "1", route.split(" ")[1])
        if route.startswith("GET"):
            whole, part = browser.get(path, headers=more), browser.get(path, headers=HTMX | more)
            to_sign_in = whole.status_code in (302, 303) and whole.headers["Location"].startswith("/sign-in")
            walk.hold(route, whole, to_sign_in or route == "GET /events" and whole.status_code == 401, "to /sign-in")
            walk.hold(route, part, part.status_code == 401, 401)
        else:
            sent = browser.post(path, data=FORMS.get(route), headers=more)
            walk.hold(route, sent, sent.status_code == 303 and sent.headers["Location"] == "/sign-in", "to /sign-in")

    walk.assert_right()


@pytest.mark.parametrize("actor", ["stranger", *MAY])
def test_what_is_on_a_board(actor, pages, ada, make):
    make.model()
    user = join(actor.title(), Role.ADMIN if actor == "admin" else Role.MEMBER)
    walk = Walk(pages.as_(user), make, actor, user, ada)

    for route, needed in takes(BOARD).items():
        if actor == "stranger":
            walk.knock(route, wanted=lambda status: status == 404, words=404)
        elif needed in MAY[actor]:
            walk.knock(route, wanted=lambda status: status < 400, words="an answer")
        else:
            walk.knock(route, wanted=lambda status: status == 403, words=403)

    walk.assert_right()


def test_what_is_anothers_is_not_there(pages, ada, mia, make):
    walk = Walk(pages.as_(mia), make, "stranger", mia, ada)

    for route in routes(OWN):
        walk.knock(route, wanted=lambda status: status == 404, words=404)

    walk.assert_right()


def test_a_strangers_inbox_changes_nothing(api, pages, ada, mia, make):
    make.model()
    browser = pages.as_(mia)
    for route in routes(INBOX):
        path = request_path(route, RequestData(make, route, "stranger", mia, ada))
        before = api.as_(ada).get("/api/tasks/").json

        reply = browser.post(path, data={"content": "Hello", "feedback": "Shorter"})

        assert reply.status_code == 303, route
        assert reply.headers["Location"].startswith("/inbox"), route
        assert api.as_(ada).get("/api/tasks/").json == before, route
        assert api.as_(ada).get("/api/notifications/?read=true").json["items"] == [], route


def test_a_member_is_refused_what_admins_do(pages, ada, mia, make):
    walk = Walk(pages.as_(mia), make, "manage", mia, ada)

    for route in routes(ADMIN):
        walk.knock(route, wanted=lambda status: status == 403, words=403)

    walk.assert_right()


@pytest.mark.parametrize("actor", ["own", "admin"])
def test_who_is_signed_in_opens_what_is_for_everyone(actor, pages, ada, mia, make):
    make.model()
    user = mia if actor == "own" else ada
    walk = Walk(pages.as_(user), make, actor, user, ada)

    for route in routes(SIGNED if actor == "own" else SIGNED + ADMIN.lstrip()):
        if route not in ELSEWHERE:
            walk.knock(route, wanted=_let_in, words="let in")
        if route == ENDS_THE_SESSION:
            walk.browser = pages.as_(user)

    walk.assert_right()


def _let_in(status):
    """An answer, or a word about what the form lacks: no worker and no bot are here, and many forms are empty."""
    return status < 400 or status in (409, 422, 503)
