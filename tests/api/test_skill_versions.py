import pytest

from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import Activity, Board


def new(api, user, **fields):
    reply = api.as_(user).post("/api/skills", json={"name": "Voice", "content": "# Voice\n\nBe kind.\n"} | fields)
    assert reply.status_code == 201, reply.json
    return f"/api/skills/{reply.json['id']}"


def test_every_version_is_kept_newest_first(api, ada, mia):
    path = new(api, ada)
    api.as_(ada).patch(path, json={"content": "Two"})
    api.as_(ada).patch(path, json={"is_active": False, "agent_ids": []})
    api.as_(ada).patch(path, json={"name": "Tone", "version": "2.0.0"})

    reply = api.as_(mia).get(f"{path}/versions")

    assert [(row["number"], row["version"], row["name"], row["is_current"]) for row in reply.json] == [
        (3, "2.0.0", "Tone", True),
        (2, "1.0.1", "Voice", False),
        (1, "1.0.0", "Voice", False),
    ]
    assert {row["created_by_name"] for row in reply.json} == {"Ada"}
    assert reply.headers["X-Total-Count"] == "3"
    assert api.as_(mia).get(f"{path}/versions?per_page=1&page=2").json == [reply.json[1]]


def test_a_version_says_how_it_differs_from_the_one_before(api, ada, mia):
    path = new(api, ada, description="Tone")
    api.as_(ada).patch(path, json={"content": "# Voice\n\nBe brief.\n", "tags": ["brand"]})

    second = api.as_(mia).get(f"{path}/versions/2").json
    first = api.as_(mia).get(f"{path}/versions/1").json

    assert second["changed"] == ["tags", "content", "version"]
    assert second["difference"] == [
        {"kind": "same", "text": "# Voice"},
        {"kind": "same", "text": ""},
        {"kind": "removed", "text": "Be kind."},
        {"kind": "added", "text": "Be brief."},
    ]
    assert (second["content"], second["tags"], second["description"]) == ("# Voice\n\nBe brief.\n", ["brand"], "Tone")
    assert (first["content"], first["changed"]) == ("# Voice\n\nBe kind.\n", [])
    assert {line["kind"] for line in first["difference"]} == {"added"}


def test_restoring_brings_the_text_back_as_a_new_version(api, ada, make):
    boards = [make.board().id, make.board().id]
    first = {
        "description": "Tone",
        "category": "Marketing",
        "tags": ["brand"],
        "activation_mode": "board",
        "activation_board_ids": boards,
        "activation_tags": ["seo"],
    }
    path = new(api, ada, **first)
    other = {"name": "Other", "content": "Other", "description": "", "category": "", "tags": [], "activation_tags": []}
    api.as_(ada).patch(path, json=other | {"activation_mode": "tag", "activation_board_ids": []})

    reply = api.as_(ada).post(f"{path}/versions/1/restore")

    assert reply.status_code == 200
    assert reply.json["content"] == "# Voice\n\nBe kind.\n"
    assert (reply.json["name"], reply.json["slug"], reply.json["version"]) == ("Voice", "voice", "1.0.2")
    assert {name: reply.json[name] for name in first} == first
    assert len(api.as_(ada).get(f"{path}/versions").json) == 3
    assert db.session.query(Activity).filter_by(action="skill.updated").all()[-1].details["restored"] == 1


def test_restoring_what_it_says_already_changes_nothing(api, ada):
    path = new(api, ada)

    reply = api.as_(ada).post(f"{path}/versions/1/restore")

    assert (reply.status_code, reply.json["version"]) == (200, "1.0.0")
    assert len(api.as_(ada).get(f"{path}/versions").json) == 1


def test_a_board_that_is_gone_stays_away(api, ada, make):
    board = make.board().id
    path = new(api, ada, activation_mode="board", activation_board_ids=[board])
    api.as_(ada).patch(path, json={"content": "Other"})
    with transaction():
        db.session.delete(db.session.get_one(Board, board))

    reply = api.as_(ada).post(f"{path}/versions/1/restore")

    assert reply.status_code == 200
    assert (reply.json["activation_mode"], reply.json["activation_board_ids"]) == ("board", [])


def test_a_name_that_another_has_taken_meanwhile_is_a_conflict(api, ada):
    path = new(api, ada)
    api.as_(ada).patch(path, json={"name": "Tone", "content": "Other"})
    new(api, ada)

    reply = api.as_(ada).post(f"{path}/versions/1/restore")

    assert reply.status_code == 409
    assert api.as_(ada).get(path).json["content"] == "Other"


@pytest.mark.parametrize("number", ["0", "2", str(2**70)])
def test_an_unknown_version_is_not_found(api, ada, number):
    path = new(api, ada)

    assert api.as_(ada).get(f"{path}/versions/{number}").status_code == 404
    assert api.as_(ada).post(f"{path}/versions/{number}/restore").status_code == 404
