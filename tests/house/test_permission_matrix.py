"""Every route of the API, knocked at by everyone: the table is tests/support/permission_table.py."""

import re
from contextlib import nullcontext

import pytest

from helix.models.vocabulary import Role, TokenScope
from helix.policies.actor import SYSTEM
from helix.services import accounts
from helix.transaction import transaction
from tests.support.cast import PASSWORD, acting
from tests.support.permission_table import ACTORS, OPEN, rows
from tests.support.permission_things import BODIES, Things
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


def knock(door, route, things):
    method, path = route.split(" ")
    path = re.sub(r"\{(\w+)\}", lambda place: str(things.id(place[1])), path)
    more = BODIES[route](things) if route in BODIES else {}
    return door.open(method, path, **more)


def test_every_route_is_in_the_table(app):
    missing = routes(app) - ROWS.keys() - OPEN.keys()

    assert not missing, (
        f"Nobody has said who may call {', '.join(sorted(missing))}: "
        "add a line to the table in tests/support/permission_table.py."
    )


def test_everything_in_the_table_is_a_route(app):
    strange = (ROWS.keys() | OPEN.keys() | BODIES.keys()) - routes(app)

    assert not strange, f"{', '.join(sorted(strange))}: no such route any more. Take it out of the table."


@pytest.fixture
def cast(make):
    """One person for each actor, an admin who makes what others own, and a default model."""
    make.model()
    people = {name: join(name.title(), Role.ADMIN if name == "admin" else Role.MEMBER) for name in ACTORS[:-1]}
    people["token"] = join("Token", Role.ADMIN)
    return people


@pytest.fixture
def closed(api):
    """The door of somebody whose account was closed after signing in."""
    gone = join("Gone")
    door = api.as_(gone)
    with transaction():
        accounts.close(SYSTEM, gone.id)
    return door


# What only a worker can do needs one.
BY_WORKERS = {
    "GET /api/tasks/{task_id}/prompt/",
    "POST /api/models/{model_id}/test",
    "POST /api/webhooks/{webhook_id}/test",
}


@pytest.mark.parametrize("route", ROWS)
def test_who_may(route, app, api, ada, make, cast, closed):
    expected = ROWS[route]
    reading = route.startswith("GET ")
    doors = {name: api.as_(person) for name, person in cast.items()}
    tokens = {
        scope: accounts.create_api_token(acting(cast["token"]), name=scope, scope=scope)[1] for scope in TokenScope
    }
    doors["token"] = api.with_token(tokens[TokenScope.WRITE])

    doors |= {"nobody": api, "closed": closed, "read token": api.with_token(tokens[TokenScope.READ])}

    with quick_worker(app) if route in BY_WORKERS else nullcontext():
        found = {
            name: knock(door, route, Things(make, route, name, cast.get(name, ada), ada))
            for name, door in doors.items()
        }

    wanted = {**expected, "nobody": 401, "closed": 401, "read token": expected["token"] if reading else 403}
    assert {name: reply.status_code for name, reply in found.items()} == wanted, {
        name: reply.text[:200] for name, reply in found.items() if reply.status_code != wanted[name]
    }


@pytest.mark.parametrize("route", OPEN)
def test_what_is_open_answers_nobody(route, api):
    method, path = route.split(" ")

    reply = api.open(method, path, **({} if method == "GET" else {"json": {}}))

    assert reply.status_code == OPEN[route]
