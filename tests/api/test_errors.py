"""Errors are JSON with `detail` and say what to do; no crashes and no redirects."""

import json
import re

import pytest

from helix.schemas.common import MAX_ID

JSON = {"Content-Type": "application/json"}
GARBAGE = {
    "a NUL character": {"title": "a\x00b"},
    "half a surrogate pair": '{"title": "\\ud800", "board_id": %d}',
    "a number for a title": {"title": 7},
    "a list for a title": {"title": ["a"]},
    "true for a title": {"title": True},
    "null for a title": {"title": None},
    "too long a title": {"title": "x" * 501},
    "blanks for a title": {"title": "   "},
    "an unknown field": {"title": "a", "colour": "red"},
    "an unknown priority": {"title": "a", "priority": "huge"},
    "a huge id": {"title": "a", "assigned_agent_id": 2**70},
    "a negative id": {"title": "a", "assigned_agent_id": -1},
    "an id as a broken number": {"title": "a", "assigned_agent_id": 1.5},
    "a day that does not exist": {"title": "a", "due_date": "2026-02-30"},
    "a year out of reach": {"title": "a", "due_date": "0001-01-01T00:00:00Z"},
    "too many tags": {"title": "a", "tags": [str(number) for number in range(21)]},
}


def says_why(reply, status):
    assert reply.status_code == status, reply.text[:300]
    assert reply.mimetype == "application/json"
    detail = reply.json["detail"]
    if status == 422:
        assert all(problem.keys() == {"loc", "msg", "type"} for problem in detail)
    else:
        assert isinstance(detail, str)
        assert detail
    return detail


def addresses(app):
    """Every address of the API with its methods, once with 1 for all ids."""
    found = {}
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/api/"):
            path = re.sub(r"<[^>]+>", "1", rule.rule)
            found.setdefault(path, set()).update(rule.methods)
    return found


def test_both_slash_forms_of_every_address_answer_alike_and_none_redirects(app, api, ada):
    admin = api.as_(ada)

    for path, methods in addresses(app).items():
        for method in methods & {"GET", "POST", "PATCH", "PUT", "DELETE"}:
            if "test" in path or "sign-out" in path or path.endswith("prompt/"):
                continue
            forms = [path.rstrip("/"), path.rstrip("/") + "/"]
            statuses = [admin.open(method, form, headers=JSON, data=b"[").status_code for form in forms]
            assert statuses[0] == statuses[1], f"{method} {path}: {statuses}"
            assert not 300 <= statuses[0] < 400, f"{method} {path}"
            assert statuses[0] != 405, f"{method} {path}"


@pytest.mark.parametrize(
    "path", ["/api", "/api/", "/api/nowhere", "/api/tasks/abc", "/api/tasks/-1", "/api/tasks/1/2/3"]
)
def test_an_unknown_address_is_404(api, path):
    reply = api.get(path)

    assert says_why(reply, 404) == "Not found"


def test_a_wrong_method_is_405_and_names_those_that_there_are(app, api, ada):
    for path, methods in addresses(app).items():
        wrong = next(iter({"PUT", "PATCH", "DELETE", "POST", "GET"} - methods), None)
        if wrong is None:
            continue
        reply = api.as_(ada).open(wrong, path)
        says_why(reply, 405)
        assert set(reply.headers["Allow"].split(", ")) >= methods - {"HEAD", "OPTIONS"}


@pytest.mark.parametrize(
    "body", [b"", b"{", b"nothing", b"{'a': 1}", b"\xff\xfe", b"null", b"[]", b'"text"', b"7", b'{"title": NaN}']
)
def test_a_body_that_is_no_json_object_is_400(api, ada, body):
    says_why(api.as_(ada).post("/api/tasks/", data=body, headers=JSON), 400)


@pytest.mark.parametrize("depth", [100, 100_000])
def test_deep_json_is_refused_and_harmless(api, ada, depth):
    body = b'{"title": ' + b"[" * depth + b"]" * depth + b"}"

    reply = api.as_(ada).post("/api/tasks/", data=body, headers=JSON)

    says_why(reply, 422 if depth == 100 else 400)
    assert api.post("/api/auth/login", data=body, headers=JSON).status_code in (400, 422)


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/xml", None])
def test_another_media_type_is_415(api, ada, kind):
    headers = {"Content-Type": kind} if kind else {}

    says_why(api.as_(ada).post("/api/tasks/", data=b'{"title": "a"}', headers=headers), 415)


def test_a_patch_without_a_body_changes_nothing(api, ada, make):
    task = make.task("Write it")
    before = api.as_(ada).get(f"/api/tasks/{task.id}").json

    nothing = api.as_(ada).patch(f"/api/tasks/{task.id}")
    says_nothing = api.as_(ada).patch(f"/api/tasks/{task.id}", headers=JSON)
    says_null = api.as_(ada).patch(f"/api/tasks/{task.id}", data=b"null", headers=JSON)
    of_no_type = api.as_(ada).patch(f"/api/tasks/{task.id}", data=b'{"title": "Another"}')

    assert (nothing.status_code, nothing.json) == (200, before)
    says_why(says_nothing, 400)
    says_why(says_null, 400)
    says_why(of_no_type, 415)
    assert api.as_(ada).get(f"/api/tasks/{task.id}").json == before


def test_a_comment_cannot_be_edited_to_nothing(api, mia, make):
    comment = api.as_(mia).post(f"/api/tasks/{make.task().id}/comments/", json={"content": "First"}).json

    says_why(api.as_(mia).patch(f"/api/comments/{comment['id']}"), 415)


def test_too_large_a_body_is_413(app, api, ada, monkeypatch):
    monkeypatch.setitem(app.config, "MAX_CONTENT_LENGTH", 1000)

    says_why(api.as_(ada).post("/api/tasks/", json={"title": "x" * 2000}), 413)


@pytest.mark.parametrize("what", GARBAGE)
def test_garbage_in_a_body_is_422_and_is_not_sent_back(api, ada, make, what):
    board, sent = make.board(), GARBAGE[what]
    body = sent % board.id if isinstance(sent, str) else json.dumps({"board_id": board.id, **sent})

    reply = api.as_(ada).post("/api/tasks/", data=body, headers=JSON)

    says_why(reply, 422)
    assert "x" * 100 not in reply.text


@pytest.mark.parametrize(
    "query",
    [
        "page=0",
        "page=-1",
        "page=x",
        "per_page=0",
        "per_page=201",
        "per_page=-5",
        "page=1e9",
        "page=99999999999999999999",
    ],
)
@pytest.mark.parametrize("path", ["/api/tasks/", "/api/activity/", "/api/users/", "/api/notifications/"])
def test_pages_that_cannot_be_are_422(api, ada, path, query):
    says_why(api.as_(ada).get(f"{path}?{query}"), 422)


@pytest.mark.parametrize(
    "query", ["board_id=-1", "board_id=2.5", "status=new", "archived=maybe", "due_before=soon", "sort=name"]
)
def test_filters_that_cannot_be_are_422(api, ada, query):
    says_why(api.as_(ada).get(f"/api/tasks/?{query}"), 422)


def test_an_array_that_came_unasked_points_to_pages_that_can_be_asked_for(api, ada, make, monkeypatch):
    monkeypatch.setattr("helix.api.blueprint.MAX_ROWS", 4)
    monkeypatch.setattr("helix.api.blueprint.MAX_PAGE_SIZE", 2)
    board = make.board()
    made = [make.task(board=board).id for _ in range(5)]
    admin = api.as_(ada)

    reply = admin.get(f"/api/tasks?board_id={board.id}&sort=created_at")

    assert [task["id"] for task in reply.json] == made[:4]
    pages = addresses_by_name(reply)
    assert set(pages) == {"first", "next", "last"}
    assert [task["id"] for task in admin.get(pages["first"]).json] == made[:2]
    assert [task["id"] for task in admin.get(pages["next"]).json] == made[4:]
    assert pages["last"] == pages["next"]


def test_a_short_array_points_nowhere_where_nothing_is(api, ada, make):
    make.task()
    admin = api.as_(ada)

    reply = admin.get("/api/tasks/")

    assert set(addresses_by_name(reply)) == {"first", "last"}
    assert {admin.get(address).status_code for address in addresses_by_name(reply).values()} == {200}


@pytest.mark.parametrize("query", ["q=%00", "q=%ff", "q=%ed%a0%80", "q=" + "x" * 501])
def test_text_in_an_address_that_no_database_keeps_is_no_crash(api, ada, query):
    reply = api.as_(ada).get(f"/api/tasks/search?{query}")

    assert reply.status_code in (200, 422)
    if "ff" not in query and "ed" not in query:
        says_why(reply, 422)


@pytest.mark.parametrize("number", [0, 2**31, MAX_ID, 2**63, 2**70, 10**200])
def test_an_impossible_id_in_an_address_is_404(app, api, ada, number):
    admin = api.as_(ada)
    paths = [
        re.sub(r"<int:[^>]+>", str(number), rule.rule) for rule in app.url_map.iter_rules() if "<int:" in rule.rule
    ]

    for path in paths:
        if path.startswith("/api/") and not path.endswith("/prompt/"):
            reply = admin.get(path)
            assert reply.status_code in (404, 405), f"{path} {reply.status_code}"


def test_unknown_parameters_in_an_address_are_ignored(api, ada):
    assert api.as_(ada).get("/api/tasks/?colour=red").status_code == 200


def test_a_crash_is_500_without_a_trace(api, ada, monkeypatch):
    from helix.services import tasks

    monkeypatch.setattr(tasks, "listed", lambda *_a, **_k: {}["secret"])

    detail = says_why(api.as_(ada).get("/api/tasks/"), 500)

    assert "secret" not in detail


def test_a_database_that_is_away_is_503(api, ada, monkeypatch):
    from sqlalchemy.exc import OperationalError

    from helix.services import tasks

    def away(*_args, **_more):
        raise OperationalError("SELECT 1", {}, Exception("connection refused at 10.0.0.7"))

    monkeypatch.setattr(tasks, "listed", away)

    assert "10.0.0.7" not in says_why(api.as_(ada).get("/api/tasks/"), 503)


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Basic YTpi", "Bearer hx_", "Bearer a.b.c", "Bearer " + "x" * 10_000]
)
def test_a_header_that_lets_nobody_in_is_401(api, clean_app, header):
    says_why(api.get("/api/tasks/", headers={"Authorization": header}), 401)


def test_a_cookie_opens_nothing_here(pages, api, ada):
    browser = pages.as_(ada)

    assert browser.get("/api/tasks/").status_code == 401


def test_head_is_get_without_a_body_and_options_names_the_methods(api, ada, make):
    task = make.task()
    admin = api.as_(ada)

    head, got = admin.open("HEAD", f"/api/tasks/{task.id}"), admin.get(f"/api/tasks/{task.id}")
    options = admin.open("OPTIONS", "/api/tasks/")

    assert (head.status_code, head.data) == (200, b"")
    assert head.headers["Content-Length"] == got.headers["Content-Length"]
    assert options.status_code == 200
    assert {"GET", "POST"} <= set(options.headers["Allow"].split(", "))


def test_what_has_not_changed_is_not_sent_again(api, ada, make):
    task = make.task()
    admin = api.as_(ada)
    tag = admin.get(f"/api/tasks/{task.id}").headers["ETag"]

    same = admin.get(f"/api/tasks/{task.id}", headers={"If-None-Match": tag})
    admin.patch(f"/api/tasks/{task.id}", json={"title": "Changed"})
    other = admin.get(f"/api/tasks/{task.id}", headers={"If-None-Match": tag})

    assert (same.status_code, same.data) == (304, b"")
    assert (other.status_code, other.json["title"]) == (200, "Changed")


def addresses_by_name(reply) -> dict[str, str]:
    return {name: address for address, name in re.findall(r'<([^>]+)>; rel="(\w+)"', reply.headers["Link"])}


def test_an_array_says_how_many_there_are_and_where_the_other_pages_lie(api, ada, make):
    board = make.board()
    made = [make.task(board=board).id for _ in range(5)]
    admin = api.as_(ada)

    reply = admin.get(f"/api/tasks?board_id={board.id}&page=2&per_page=2&sort=created_at")

    assert [task["id"] for task in reply.json] == made[2:4]
    assert reply.headers["X-Total-Count"] == "5"
    by_name = addresses_by_name(reply)
    pages = {name: int(re.search(r"[?&]page=(\d+)", address)[1]) for name, address in by_name.items()}
    assert pages == {"first": 1, "prev": 1, "next": 3, "last": 3}
    following = admin.get(by_name["next"])
    assert [task["id"] for task in following.json] == made[4:]
