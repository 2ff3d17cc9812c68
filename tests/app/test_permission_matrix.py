"""Access to every API route, checked against the table in tests/support/api_permissions.py.

One test covers all routes of a section, so that users are created once and not for each route, and reports all failures
together, by route and actor.
"""

import re
from contextlib import nullcontext

import pytest

from helix.api.bearer import access_token
from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import User
from helix.models.vocabulary import Role, TokenScope
from helix.policies.actor import SYSTEM
from helix.services import accounts
from tests.support import headers
from tests.support.api_permissions import ACTORS, OPEN, expected, rows, sections
from tests.support.people import PASSWORD, as_actor
from tests.support.permission_data import BODIES, RequestData, Shared
from tests.support.quick_worker import quick_worker

pytestmark = pytest.mark.any_database
ROWS = rows()


def routes(app):
    found = set()
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/api/"):
            path = re.sub(r"<(?:[^<:>]+:)?([^<>]+)>", r"{\1}", rule.rule)
            found |= {f"{method} {path}" for method in rule.methods - {"HEAD", "OPTIONS"}}
    return found


def join(name, role=Role.MEMBER):
    return accounts.create(SYSTEM, name=name, email=f"{name.lower()}@example.com", password=PASSWORD, role=role)


def test_every_route_is_in_the_table(app):
    missing = routes(app) - ROWS.keys() - OPEN.keys()

    assert not missing, (
        f"No access rule for {', '.join(sorted(missing))}: add a line to the table in tests/support/api_permissions.py."
    )


def test_everything_in_the_table_is_a_route(app):
    unknown = (ROWS.keys() | OPEN.keys() | BODIES.keys()) - routes(app)

    assert not unknown, f"{', '.join(sorted(unknown))}: no such route. Remove it from the table."


class Actors:
    """One user per actor, an admin who creates what others own, and a default model."""

    def __init__(self, api, make, ada, cookie):
        make.model()
        self._api, self._make, self._ada, self._cookie = api, make, ada, cookie
        self.people = {name: join(name.title(), Role.ADMIN if name == "admin" else Role.MEMBER) for name in ACTORS[:-1]}
        self.people |= {"token": join("Token", Role.ADMIN), "member-token": join("Other-Token"), "closed": join("Gone")}
        self.people["read token"] = self.people["token"]
        self._kept: Shared = {}
        self._tokens = {
            "token": self._token("token", TokenScope.WRITE),
            "member-token": self._token("member-token", TokenScope.WRITE),
            "read token": self._token("token", TokenScope.READ),
            "closed": access_token(self.people["closed"]),
        }
        with transaction():
            accounts.close(SYSTEM, self.people["closed"].id)

    def _token(self, name, scope):
        return accounts.create_api_token(as_actor(self.people[name]), name=f"{name} {scope}", scope=scope)[1]

    def request(self, route, actor):
        """The response for this actor, on objects created for it; without access, on the id 1."""
        method, path = route.split(" ")
        reading = method == "GET"
        has_access = actor not in ("anonymous", "cookie", "closed") and (reading or actor != "read token")
        things = RequestData(self._make, route, actor, self.people.get(actor, self._ada), self._ada, self._kept)
        path = re.sub(r"\{(\w+)\}", lambda place: str(things.id(place[1]) if has_access else 1), path)
        more = BODIES[route](things) if route in BODIES and has_access else {}
        return self._client(actor).open(method, path, **more)

    def _client(self, actor):
        if actor == "anonymous":
            return self._api
        if actor == "cookie":
            return self._api.with_cookie(self._cookie)
        if actor in self._tokens:
            return self._api.with_token(self._tokens[actor])
        # Read again: some routes invalidate the earlier tokens.
        return self._api.as_(db.session.get_one(User, self.people[actor].id, populate_existing=True))


# These routes need a worker.
BY_WORKERS = {
    "GET /api/tasks/{task_id}/prompt/",
    "POST /api/models/{model_id}/test",
    "POST /api/webhooks/{webhook_id}/test",
}


@pytest.mark.parametrize("section", sections())
def test_api_access(section, app, api, ada, make, pages):
    actors = Actors(api, make, ada, pages.as_(ada).cookie())
    wrong = []

    with quick_worker(app) if BY_WORKERS & set(sections()[section]) else nullcontext():
        for route in sections()[section]:
            for actor, wanted in expected(route).items():
                reply = actors.request(route, actor)
                if reply.status_code != wanted:
                    wrong.append(f"{route} as {actor}: {reply.status_code}, not {wanted}: {reply.text[:160]}")
                wrong += [f"{route} as {actor}: {fault}" for fault in headers.problems(reply)]

    assert not wrong, "\n".join(wrong)


def test_what_is_open_answers_nobody(api):
    wrong = []
    for route, wanted in OPEN.items():
        method, path = route.split(" ")
        reply = api.open(method, path, **({} if method == "GET" else {"json": {}}))
        if reply.status_code != wanted:
            wrong.append(f"{route}: {reply.status_code}, not {wanted}")
        wrong += [f"{route}: {fault}" for fault in headers.problems(reply)]

    assert not wrong, "\n".join(wrong)
