"""Access to every page route, checked against the table in tests/support/page_permissions.py.

Each test requests all routes of a table as one kind of user, and reports all failures together, by route.
"""

import io
import re

import pytest

from helix.db.transaction import transaction
from helix.models.vocabulary import Role
from helix.policies.actor import SYSTEM
from helix.services import accounts
from tests.support import headers
from tests.support.page_client import HTMX
from tests.support.page_permissions import ADMIN, BOARD, FORMS, INBOX, OPEN, OWN, SIGNED, WITH_FILES, routes, takes
from tests.support.people import PASSWORD, as_actor
from tests.support.permission_data import RequestData, Shared
from tests.support.request_paths import fill_path, request_path

# On the servers of TEST_DATABASE_URL each page is requested once; who may open it does not depend on them.
any_database = pytest.mark.any_database
IN_THE_TABLE = [route for table in (OPEN, SIGNED, BOARD, INBOX, OWN, ADMIN) for route in routes(table)]
CLOSED = [route for route in IN_THE_TABLE if route not in routes(OPEN)]
# A stream does not end, and this item no longer exists.
NOT_REQUESTED = {"GET /events", "GET /inbox/items/{key}"}
ENDS_THE_SESSION = "POST /profile/sessions/end-all"
MAY = {
    "view": {"see"},
    "other": {"see", "create"},
    "own": {"see", "create", "edit", "mine"},
    "manage": {"see", "create", "edit", "manage"},
}
MEMBERS = tuple(MAY)
MAY["admin"] = MAY["manage"] | MAY["own"]


def pages_of(app):
    found = set()
    for rule in app.url_map.iter_rules():
        if not rule.rule.startswith(("/api/", "/dev/")):
            path = re.sub(r"<(?:[^<:>]+:)?([^<>]+)>", r"{\1}", rule.rule)
            found |= {f"{method} {path}" for method in rule.methods - {"HEAD", "OPTIONS"}}
    return found


def request(browser, route, things):
    path = request_path(route, things)
    if route.startswith("GET"):
        return browser.get(path)
    form = {name: fill_path(value, things) for name, value in FORMS.get(route, {}).items()}
    if route in WITH_FILES:
        form["file"] = (io.BytesIO(b"---\nname: Imported\n---\nBe kind.\n"), "skill.md")
    return browser.post(path, data=form)


def join(name, role=Role.MEMBER):
    return accounts.create(SYSTEM, name=name, email=f"{name.lower()}@example.com", password=PASSWORD, role=role)


class RouteChecker:
    """Requests routes as one user and collects unexpected answers."""

    def __init__(self, browser, make, actor, user, boss):
        self.browser, self.wrong = browser, []
        self._actor, self._things, self._kept = actor, (make, user, boss), Shared()

    def check(self, route, *, wanted, words):
        """`wanted`: whether a status is correct; `words`: the expected status, for the message."""
        make, user, boss = self._things
        reply = request(self.browser, route, RequestData(make, route, self._actor, user, boss, self._kept))
        self.check_answer(route, reply, wanted(reply.status_code), words)

    def check_answer(self, route, reply, right, words):
        if not right:
            self.wrong.append(f"{route} as {self._actor}: {reply.status_code}, not {words}: {reply.text[-300:]}")
        self.wrong += [f"{route} as {self._actor}: {fault}" for fault in headers.problems(reply)]

    def assert_right(self):
        assert not self.wrong, "\n".join(self.wrong)


@any_database
def test_every_page_is_in_the_table_once(app):
    missing = pages_of(app) - set(IN_THE_TABLE)

    assert not missing, (
        f"No access rule for {', '.join(sorted(missing))}: add a line to tests/support/page_permissions.py."
    )
    assert len(IN_THE_TABLE) == len(set(IN_THE_TABLE))


@any_database
def test_everything_in_the_table_is_a_page(app):
    unknown = set(IN_THE_TABLE) - pages_of(app) - {"GET /static/{filename}"}

    assert not unknown, f"{', '.join(sorted(unknown))}: no such page. Remove it from the table."


@pytest.fixture
def signed_out_browsers(pages, api, ada):
    """Browsers without access: without a cookie, with an API token instead, and of a closed account."""
    gone = join("Gone")
    closed = pages.as_(gone)
    closed.token()
    with transaction():
        accounts.close(SYSTEM, gone.id)
    _row, token = accounts.create_api_token(as_actor(ada), name="Script")
    return {"anonymous": (pages, {}), "token": (pages, {"Authorization": f"Bearer {token}"}), "closed": (closed, {})}


@any_database
@pytest.mark.parametrize("actor", ["anonymous", "token", "closed"])
def test_signed_out_requests_are_sent_to_the_sign_in_page(actor, signed_out_browsers, ada):
    browser, more = signed_out_browsers[actor]
    checker = RouteChecker(browser, None, actor, None, None)

    for route in CLOSED:
        path = re.sub(r"\{\w+\}", "1", route.split(" ")[1])
        if route.startswith("GET"):
            whole, part = browser.get(path, headers=more), browser.get(path, headers=HTMX | more)
            to_sign_in = whole.status_code in (302, 303) and whole.headers["Location"].startswith("/sign-in")
            checker.check_answer(
                route, whole, to_sign_in or route == "GET /events" and whole.status_code == 401, "to /sign-in"
            )
            checker.check_answer(route, part, part.status_code == 401, 401)
        else:
            sent = browser.post(path, data=FORMS.get(route), headers=more)
            checker.check_answer(
                route, sent, sent.status_code == 303 and sent.headers["Location"] == "/sign-in", "to /sign-in"
            )

    checker.assert_right()


@pytest.mark.parametrize(
    "actor", [*(pytest.param(name, marks=any_database) for name in ("stranger", *MEMBERS)), "admin"]
)
def test_board_pages_follow_the_access_level(actor, pages, ada, make):
    make.model()
    user = join(actor.title(), Role.ADMIN if actor == "admin" else Role.MEMBER)
    checker = RouteChecker(pages.as_(user), make, actor, user, ada)

    for route, needed in takes(BOARD).items():
        if actor == "stranger" or (needed == "start" and "create" not in MAY[actor]):
            checker.check(route, wanted=lambda status: status == 404, words=404)
        elif needed in MAY[actor] or needed == "start":
            checker.check(route, wanted=lambda status: status < 400, words="an answer")
        else:
            checker.check(route, wanted=lambda status: status == 403, words=403)

    checker.assert_right()


def test_objects_of_other_users_are_not_found(pages, ada, mia, make):
    checker = RouteChecker(pages.as_(mia), make, "stranger", mia, ada)

    for route in routes(OWN):
        checker.check(route, wanted=lambda status: status == 404, words=404)

    checker.assert_right()


def test_inbox_actions_on_hidden_tasks_change_nothing(api, pages, ada, mia, make):
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


@any_database
def test_members_cannot_use_admin_pages(pages, ada, mia, make):
    checker = RouteChecker(pages.as_(mia), make, "manage", mia, ada)

    for route in routes(ADMIN):
        checker.check(route, wanted=lambda status: status == 403, words=403)

    checker.assert_right()


@pytest.mark.parametrize("actor", [pytest.param("own", marks=any_database), "admin"])
def test_signed_in_users_can_open_general_pages(actor, pages, ada, mia, make):
    make.model()
    user = mia if actor == "own" else ada
    checker = RouteChecker(pages.as_(user), make, actor, user, ada)

    for route in routes(SIGNED if actor == "own" else SIGNED + ADMIN.lstrip()):
        if route not in NOT_REQUESTED:
            checker.check(route, wanted=_permitted, words="permitted")
        if route == ENDS_THE_SESSION:
            checker.browser = pages.as_(user)

    checker.assert_right()


def _permitted(status):
    """Success, or a validation error: there is no worker and no bot here, and many forms are empty."""
    return status < 400 or status in (409, 422, 503)
