"""User input is validated once: visible plain text, with error messages that say what to do."""

import pytest

from helix.services import tasks
from helix.text.cleaning import is_blank
from tests.support.people import as_actor

INVISIBLE = ["\u200b", "\u2060", "\u3164", "\u2800", "\u202e", "\ufe0f\u200d", " \u00ad ", "\U000e0041"]


@pytest.fixture
def nouns(api, ada, make):
    """A way to make one of each noun with a name, and where it stands in the answer."""
    client, board, department = api.as_(ada), make.board(), make.department()
    task = make.task(by=ada)
    bodies = {
        "/api/tasks": ("title", {"board_id": board.id}),
        "/api/boards": ("name", {"department_id": department.id}),
        "/api/departments": ("name", {}),
        "/api/agents": ("name", {}),
        "/api/skills": ("name", {}),
        "/api/tokens": ("name", {}),
        f"/api/boards/{board.id}/views": ("name", {"query": "due=week"}),
        f"/api/tasks/{task.id}/comments": ("content", {}),
    }

    def create(path, text):
        field, body = bodies[path]
        return client.post(path, json={field: text, **body}), field

    create.paths = list(bodies)
    return create


@pytest.mark.parametrize("text", INVISIBLE)
def test_nothing_is_named_by_what_cannot_be_seen(nouns, text):
    assert is_blank(text)
    for path in nouns.paths:
        reply, field = nouns(path, text)

        assert reply.status_code == 422, path
        (problem,) = reply.json["detail"]
        assert problem["loc"] == [field]
        assert problem["msg"].endswith(".")
        assert "items" not in problem["msg"]


@pytest.mark.parametrize("text", INVISIBLE)
def test_no_tag_is_invisible(api, ada, make, text):
    task = make.task(by=ada)

    assert api.as_(ada).patch(f"/api/tasks/{task.id}", json={"tags": [text]}).status_code == 422
    assert api.as_(ada).post("/api/skills", json={"name": "A", "tags": [text]}).status_code == 422


def test_title_keeps_no_control_and_nothing_that_reverses_the_text_around_it(nouns):
    reply, _field = nouns("/api/tasks", "\u202eGross\x07 pay\u2066\u202c re\u0301sume\u0301")

    assert (reply.status_code, reply.json["title"]) == (201, "Gross pay résumé")


def test_tags_that_are_spelt_alike_are_one(api, ada, make):
    task = make.task(by=ada)
    client = api.as_(ada)

    reply = client.patch(f"/api/tasks/{task.id}", json={"tags": ["café", "cafe\u0301", "CAFE\u0301"]})

    assert reply.json["tags"] == ["café"]
    assert [one["id"] for one in client.get("/api/tasks/", query_string={"tag": "cafe\u0301"}).json] == [task.id]


@pytest.mark.parametrize(
    ("method", "path", "body", "said"),
    [
        ("post", "/api/agents", {"name": "x" * 81}, "Give at most 80 characters, not 81."),
        ("post", "/api/agents", {"name": ""}, "Give at least 1 character, not 0."),
        (
            "post",
            "/api/agents",
            {"name": "A", "system_prompt": "x" * 100_001},
            "Give at most 100,000 characters, not 100,001.",
        ),
        ("post", "/api/departments", {"name": "x" * 200}, "Give at most 80 characters, not 200."),
        ("patch", "/api/org/settings", {"name": "x" * 200}, "Give at most 120 characters, not 200."),
        ("post", "/api/skills", {"name": "A", "tags": ["x"] * 21}, "Give at most 20 values, not 21."),
        ("post", "/api/skills", {"name": "A", "version": "latest"}, "Write a version of three numbers such as 1.2.0."),
        ("post", "/api/users", {"name": "A", "email": "a@b@c"}, "Write an e-mail address such as name@company.com."),
        (
            "patch",
            "/api/auth/me",
            {"telegram_user_id": "abc"},
            "Write the number of the Telegram account, such as 12345678.",
        ),
        (
            "patch",
            "/api/org/settings",
            {"telegram_bot_token": "a b"},
            "Copy the token as @BotFather gave it: letters, digits and a colon.",
        ),
        ("patch", "/api/auth/me", {"name": "\u200b"}, "Enter some visible text."),
    ],
)
def test_refusals_speak_of_characters_and_show_no_expression(api, ada, method, path, body, said):
    reply = getattr(api.as_(ada), method)(path, json=body)

    assert reply.status_code == 422
    assert [problem["msg"] for problem in reply.json["detail"]] == [said]


def test_search_that_is_too_long_speaks_of_characters(api, ada):
    reply = api.as_(ada).get("/api/tasks/search", query_string={"q": "x" * 1000})

    assert reply.status_code == 422
    assert "characters, not 1,000" in reply.json["detail"][0]["msg"]


def test_pages_say_it_as_the_api_does(pages, ada):
    reply = pages.as_(ada).post("/departments", {"name": "x" * 200})

    assert "items" not in reply.text
    assert "at most 80 characters, not 200" in reply.text


DIGITS = [
    "1764547200",
    "-1764547200",
    "1764547200.5",
    "1e9",
    "0",
    "2026",
    "202612",
    "20261301",
    "1764547200000",
    "١٢٣٤٥٦٧٨",
]


@pytest.mark.parametrize("digits", DIGITS)
def test_digits_are_no_date(api, ada, make, digits):
    board, task = make.board(), make.task(by=ada)
    client = api.as_(ada)

    replies = [
        client.post("/api/tasks", json={"title": "A", "board_id": board.id, "due_date": digits}),
        client.patch(f"/api/tasks/{task.id}", json={"due_date": digits}),
        client.get("/api/tasks/", query_string={"due_before": digits}),
        client.get("/api/tasks/", query_string={"due_after": digits}),
        client.get("/api/activity/", query_string={"date_from": digits}),
        client.get("/api/activity/", query_string={"date_to": digits}),
        client.post("/api/tokens", json={"name": "A", "expires_at": digits}),
    ]

    assert {reply.status_code for reply in replies} == {422}


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("20261201", "2026-12-01T23:59:59Z"),
        ("2026-12-01", "2026-12-01T23:59:59Z"),
        (" 2026-12-01 ", "2026-12-01T23:59:59Z"),
        ("2026-12-01T17:00:00Z", "2026-12-01T17:00:00Z"),
        ("2026-12-01 17:00", "2026-12-01T17:00:00Z"),
        ("2026-12-01T17:00:00+02:00", "2026-12-01T15:00:00Z"),
        ("20261201T170000Z", "2026-12-01T17:00:00Z"),
    ],
)
def test_days_and_times_of_iso_8601_are_read(api, ada, make, sent, kept):
    task = make.task(by=ada)

    reply = api.as_(ada).patch(f"/api/tasks/{task.id}", json={"due_date": sent})

    assert (reply.status_code, reply.json.get("due_date")) == (200, kept)
    assert api.as_(ada).get("/api/activity/", query_string={"date_from": sent[:10].strip()}).status_code in (200, 422)


@pytest.mark.parametrize("field", ["before_id", "after_id"])
def test_card_that_is_dropped_on_itself_stays(api, ada, make, field):
    board = make.board()
    first, second = (make.task(title, by=ada, board=board) for title in ("A", "B"))

    place = first.position
    kept = tasks.edit(as_actor(ada), first.id, {field: first.id})

    assert (kept.position, kept.version) == (place, 1)
    assert api.as_(ada).patch(f"/api/tasks/{first.id}", json={"before_id": first.id}).json["position"] == place
    assert second.position > place


def part(name, content, *, filename=None):
    named = b"" if filename is None else b'; filename="' + filename + b'"'
    return b'--XX\r\nContent-Disposition: form-data; name="' + name + b'"' + named + b"\r\n\r\n" + content + b"\r\n"


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ([part(b"file", b"a", filename=b"a.txt"), part(b"file", b"b", filename=b"b.txt")], "one file at a time"),
        (
            [
                part(b"file", b"a", filename=b"a.txt"),
                part(b"description", b"one"),
                part(b"description", b"two"),
            ],
            "more than one part named description",
        ),
        ([part(b"file", b"a", filename="Müller.txt".encode("latin-1"))], "file names in UTF-8"),
    ],
)
def test_upload_that_cannot_be_taken_as_it_is_says_why(api, ada, make, parts, said):
    task = make.task(by=ada)
    path = f"/api/tasks/{task.id}/attachments"

    reply = api.as_(ada).post(
        path, data=b"".join(parts) + b"--XX--\r\n", content_type="multipart/form-data; boundary=XX"
    )

    assert reply.status_code == 422
    assert said in reply.json["detail"][0]["msg"]
    assert api.as_(ada).get(path).json == []
