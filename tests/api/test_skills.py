"""Creating, reading, changing and deleting skills."""

import pytest

from helix.extensions import db
from helix.models import Activity, Skill, SkillAgent
from helix.models.vocabulary import BoardLevel
from tests.support.skills import GUIDE, new


def test_an_admin_makes_a_skill_as_the_reference_shows(api, ada):
    made = api.as_(ada).post("/api/skills", json=GUIDE)

    assert made.status_code == 201
    assert made.json == {
        "id": made.json["id"],
        **GUIDE,
        "slug": "brand-voice-guide",
        "version": "1.0.0",
        "activation_board_ids": [],
        "activation_tags": [],
        "applies_to_all_agents": False,
        "is_active": True,
        "agent_ids": [],
        "agent_count": 0,
        "attachments": [],
        "created_by_user_id": ada.id,
        "created_at": made.json["created_at"],
        "updated_at": made.json["created_at"],
    }
    assert api.as_(ada).get(f"/api/skills/{made.json['id']}").json == made.json


def test_a_change_of_content_raises_the_patch_number(api, ada):
    path = f"/api/skills/{new(api, ada, version='1.4.2')['id']}"

    changed = api.as_(ada).patch(path, json={"content": "Other"})
    same = api.as_(ada).patch(path, json={"content": "Other", "description": "New"})
    named = api.as_(ada).patch(path, json={"content": "Updated content...", "version": "1.1.0"})

    assert changed.json["version"] == same.json["version"] == "1.4.3"
    assert (named.status_code, named.json["version"], named.json["content"]) == (200, "1.1.0", "Updated content...")


@pytest.mark.parametrize("version", ["1.0", "v1.0.0", "01.0.0", "1.0.0-", "newest", "", "1.0.0\n2", "1.0.0" + "0" * 64])
def test_a_version_is_one_of_semver(api, ada, version):
    skill = new(api, ada)

    made = api.as_(ada).post("/api/skills", json=GUIDE | {"name": "B", "version": version})
    changed = api.as_(ada).patch(f"/api/skills/{skill['id']}", json={"version": version})

    assert made.status_code == changed.status_code == 422
    assert changed.json["detail"][0]["loc"] == ["version"]


def test_a_version_that_cannot_grow_asks_for_another(api, ada):
    skill = new(api, ada, version="1.0." + "9" * 60)

    reply = api.as_(ada).patch(f"/api/skills/{skill['id']}", json={"content": "More"})

    assert (reply.status_code, reply.json["detail"][0]["loc"]) == (422, ["version"])


def test_names_are_unique_without_case_and_slugs_are_never_the_same(api, ada):
    first, second = new(api, ada, name="Tone & voice"), new(api, ada, name="Tone, voice")

    same = api.as_(ada).post("/api/skills", json=GUIDE | {"name": "TONE  & Voice"})
    renamed = api.as_(ada).patch(f"/api/skills/{second['id']}", json={"name": "tone & voice"})
    recased = api.as_(ada).patch(f"/api/skills/{first['id']}", json={"name": "TONE & voice"})
    moved = api.as_(ada).patch(f"/api/skills/{second['id']}", json={"name": "../Other"})

    assert (first["slug"], second["slug"]) == ("tone-voice", "tone-voice-2")
    assert (same.status_code, same.json["skill_id"]) == (409, first["id"])
    assert renamed.status_code == 409
    assert (recased.status_code, recased.json["slug"]) == (200, "tone-voice")
    assert moved.json["slug"] == "other"


def test_activation_by_board_and_tag_is_checked(api, ada, make):
    board, skill = make.board(), new(api, ada)
    path = f"/api/skills/{skill['id']}"

    by_board = api.as_(ada).patch(path, json={"activation_mode": "board", "activation_board_ids": [board.id]})
    by_tag = api.as_(ada).patch(path, json={"activation_mode": "tag", "activation_tags": ["SEO", "seo", " blog "]})
    unknown = api.as_(ada).patch(path, json={"activation_board_ids": [board.id, 999]})
    wrong = api.as_(ada).patch(path, json={"activation_mode": "sometimes"})

    assert (by_board.json["activation_mode"], by_board.json["activation_board_ids"]) == ("board", [board.id])
    assert by_tag.json["activation_tags"] == ["seo", "blog"]
    assert (unknown.status_code, unknown.json["detail"][0]["loc"]) == (422, ["activation_board_ids"])
    assert wrong.status_code == 422
    assert api.as_(ada).get(path).json["activation_board_ids"] == [board.id]


def test_a_board_that_one_does_not_see_is_not_named(api, ada, mia, make):
    seen, hidden = make.board(), make.board()
    make.grant(mia, hidden, BoardLevel.NONE)
    skill = new(api, ada, activation_mode="board", activation_board_ids=[seen.id, hidden.id])
    path = f"/api/skills/{skill['id']}"

    assert api.as_(mia).get(path).json["activation_board_ids"] == [seen.id]
    assert api.as_(mia).get(f"{path}/versions/1").json["activation_board_ids"] == [seen.id]
    assert hidden.name not in api.as_(mia).get(f"{path}/export").text


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": " "},
        {"name": "x" * 121},
        {"name": "ΐ" * 120},
        {"tags": ["x" * 51]},
        {"tags": ["İ" * 50]},
        {"tags": [str(n) for n in range(21)]},
        {"content": "x" * 400_001},
        {"content": "a\x00b"},
        {"category": None},
        {"content": 3},
        {"agent_ids": [999]},
        {"activation_board_ids": [2**70]},
        {"slug": "mine"},
    ],
)
def test_values_that_fail_a_check_are_refused(api, ada, wrong):
    skill = new(api, ada, name="There")

    made = api.as_(ada).post("/api/skills", json=GUIDE | wrong)
    changed = api.as_(ada).patch(f"/api/skills/{skill['id']}", json=wrong)

    assert made.status_code == changed.status_code == 422
    assert changed.json["detail"][0]["loc"][0] == next(iter(wrong))


def test_deleting_a_skill_takes_all_of_it_away(api, ada, make):
    skill = new(api, ada, agent_ids=[make.agent().id], activation_board_ids=[make.board().id])
    path = f"/api/skills/{skill['id']}"

    reply = api.as_(ada).delete(path)

    assert (reply.status_code, reply.data) == (204, b"")
    assert api.as_(ada).get(path).status_code == 404
    assert db.session.query(SkillAgent).count() == 0
    assert new(api, ada)["slug"] == "brand-voice-guide"


def test_what_happens_to_skills_is_recorded(api, ada, mia):
    path = f"/api/skills/{new(api, ada)['id']}"
    api.as_(ada).patch(path, json={"content": "New", "is_active": False})
    api.as_(ada).patch(path, json={"content": "New"})
    api.as_(ada).delete(path)

    rows = db.session.query(Activity).filter_by(entity_type="skill").order_by(Activity.id).all()

    assert [row.action for row in rows] == ["skill.created", "skill.updated", "skill.deleted"]
    assert rows[1].details == {"fields": ["content", "is_active", "version"], "version": "1.0.1"}


def test_members_read_skills_and_write_none(api, ada, mia, make):
    path = f"/api/skills/{new(api, ada)['id']}"
    member = api.as_(mia)

    replies = [
        member.post("/api/skills", json=GUIDE | {"name": "Mine"}),
        member.patch(path, json={}),
        member.delete(path),
        member.put(f"{path}/agents", json={"agent_ids": []}),
        member.post(f"{path}/versions/1/restore"),
    ]

    assert [reply.status_code for reply in replies] == [403] * 5
    for reading in ("", "/export", "/attachments", "/agents", "/versions", "/versions/1"):
        assert member.get(path + reading).status_code == 200
        assert api.get(path + reading).status_code == 401
    assert db.session.query(Skill).count() == 1


@pytest.mark.parametrize("tail", ["", "/export", "/attachments", "/agents", "/versions", "/versions/1"])
def test_an_unknown_skill_is_not_found(api, ada, tail):
    for number in (999, 2**70):
        reply = api.as_(ada).get(f"/api/skills/{number}{tail}")

        assert reply.status_code == 404
        assert isinstance(reply.json["detail"], str)
    assert api.as_(ada).patch("/api/skills/999", json={"name": "A"}).status_code == 404
    assert api.as_(ada).delete("/api/skills/999").status_code == 404
    assert api.as_(ada).put("/api/skills/999/agents", json={"agent_ids": []}).status_code == 404


def test_if_match_keeps_one_from_writing_over_somebody_elses(api, ada):
    client = api.as_(ada)
    at = f"/api/skills/{new(api, ada)['id']}"
    read = client.get(at).headers["ETag"]
    assert client.patch(at, json={"category": "Sales"}, headers={"If-Match": read}).status_code == 200

    refused = client.patch(at, json={"category": "Support"}, headers={"If-Match": read})
    weak = client.patch(at, json={"category": "Support"}, headers={"If-Match": f"W/{client.get(at).headers['ETag']}"})
    without = client.patch(at, json={"category": "Marketing"})
    any_of_them = client.patch(at, json={"category": "Law"}, headers={"If-Match": "*"})

    assert refused.status_code == 409
    assert refused.json["skill"]["category"] == "Sales"
    assert "Somebody else changed this skill" in refused.json["detail"]
    assert [reply.status_code for reply in (weak, without, any_of_them)] == [200] * 3
