"""Creating, reading, changing and watching agents, and assigning skills to them."""

import pytest

from helix import clock
from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import Activity, Skill


def test_an_agent_is_made_as_the_reference_prints_it(api, ada, make):
    board = make.board()
    body = {
        "name": "Atlas",
        "role_title": "Research Analyst",
        "department_id": board.department_id,
        "primary_board_id": board.id,
        "system_prompt": "You are Atlas, a research analyst...",
        "execution_mode": "manual",
    }

    made = api.as_(ada).post("/api/agents/", json=body)

    assert made.status_code == 201
    assert made.json == {
        **body,
        "id": made.json["id"],
        "ai_model_id": None,
        "enabled": True,
        "status": "offline",
        "notes": "",
        "monthly_budget_usd": None,
        "spent_this_month_usd": 0.0,
        "budget_paused": False,
        "max_parallel_runs": 1,
        "max_output_tokens": 4096,
        "current_run": None,
        "watching": True,
        "avatar_url": None,
        "created_at": made.json["created_at"],
        "updated_at": made.json["created_at"],
    }
    assert api.as_(ada).get(f"/api/agents/{made.json['id']}").json == made.json


def test_an_agent_is_changed_as_the_reference_prints_it(api, ada, make):
    agent = make.agent()
    body = {"system_prompt": "Updated prompt...", "execution_mode": "auto"}

    changed = api.as_(ada).patch(f"/api/agents/{agent.id}", json=body)

    assert changed.status_code == 200
    assert (changed.json["system_prompt"], changed.json["execution_mode"]) == ("Updated prompt...", "auto")


def test_agents_are_listed_by_department_and_by_board(api, mia, make):
    board = make.board()
    here = make.agent("Atlas", department_id=board.department_id)
    there = make.agent("Sierra", primary_board_id=board.id)

    listed = [
        [row["id"] for row in api.as_(mia).get(path).json]
        for path in (
            "/api/agents/",
            f"/api/agents/?department_id={board.department_id}",
            f"/api/agents/?board_id={board.id}",
        )
    ]

    assert listed == [[here.id, there.id], [here.id], [there.id]]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": None}, "name"),
        ({"name": " "}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"name": "ﷺ" * 80}, "name"),
        ({"department_id": 999}, "department_id"),
        ({"primary_board_id": 999}, "primary_board_id"),
        ({"ai_model_id": 999}, "ai_model_id"),
        ({"execution_mode": "sometimes"}, "execution_mode"),
        ({"max_parallel_runs": 0}, "max_parallel_runs"),
        ({"max_parallel_runs": 101}, "max_parallel_runs"),
        ({"max_output_tokens": 63}, "max_output_tokens"),
        ({"max_output_tokens": 200_001}, "max_output_tokens"),
        ({"monthly_budget_usd": -1}, "monthly_budget_usd"),
        ({"monthly_budget_usd": "NaN"}, "monthly_budget_usd"),
        ({"system_prompt": "x" * 100_001}, "system_prompt"),
        ({"enabled": None}, "enabled"),
        ({"status": "online"}, "status"),
    ],
)
def test_what_cannot_be_is_refused_by_field(api, ada, make, body, field):
    agent = make.agent()

    made = api.as_(ada).post("/api/agents/", json={"name": "New", **body})
    changed = api.as_(ada).patch(f"/api/agents/{agent.id}", json=body)

    assert made.status_code == changed.status_code == 422
    assert made.json["detail"][0]["loc"] == changed.json["detail"][0]["loc"] == [field]


@pytest.mark.parametrize("name", ["sierra", "ADA"])
def test_names_are_unique_over_agents_and_people(api, ada, make, name):
    make.agent("Sierra")
    other = make.agent("Atlas")

    made = api.as_(ada).post("/api/agents/", json={"name": name})
    renamed = api.as_(ada).patch(f"/api/agents/{other.id}", json={"name": name})

    assert made.status_code == renamed.status_code == 409
    assert "already" in made.json["detail"]


def test_what_happens_to_agents_is_recorded_without_their_prompts(api, ada):
    made = api.as_(ada).post("/api/agents/", json={"name": "Atlas", "system_prompt": "A secret plan"}).json
    api.as_(ada).patch(f"/api/agents/{made['id']}", json={"system_prompt": "Another", "enabled": False})
    api.as_(ada).delete(f"/api/agents/{made['id']}")

    rows = db.session.query(Activity).filter_by(entity_type="agent").order_by(Activity.id).all()

    assert [row.action for row in rows] == ["agent.created", "agent.updated", "agent.deleted"]
    assert rows[1].details == {"fields": ["enabled", "system_prompt"], "enabled": False}
    assert {row.agent_id for row in rows} == {made["id"]}


def test_members_read_agents_and_write_none(api, mia, make):
    path, member = f"/api/agents/{make.agent().id}", api.as_(mia)

    replies = [
        member.post("/api/agents/", json={"name": "A"}),
        member.patch(path, json={}),
        member.delete(path),
        member.put(f"{path}/skills", json={"skill_ids": []}),
        member.post(f"{path}/lift-budget"),
    ]

    assert member.get(path).status_code == 200
    assert [reply.status_code for reply in replies] == [403] * 5


@pytest.mark.parametrize("agent_id", [999, 2**62, 2**70])
def test_an_unknown_agent_is_not_found(api, ada, agent_id):
    path, admin = f"/api/agents/{agent_id}", api.as_(ada)

    replies = [
        admin.get(path),
        admin.patch(path, json={"monthly_budget_usd": 1}),
        admin.delete(path),
        admin.get(f"{path}/stats"),
        admin.get(f"{path}/tasks"),
        admin.get(f"{path}/skills"),
        admin.put(f"{path}/skills", json={"skill_ids": []}),
        admin.put(f"{path}/watch", json={"watching": True}),
        admin.post(f"{path}/lift-budget"),
    ]

    assert [reply.status_code for reply in replies] == [404] * 9


def skill(name, **fields):
    now = clock.now()
    made = Skill(name=name, name_key=name.lower(), slug=name.lower(), created_at=now, updated_at=now, **fields)
    with transaction():
        db.session.add(made)
    return made.id


def test_an_agent_is_given_exactly_the_skills_that_are_named(api, ada, make):
    agent = make.agent()
    voice, style, everyone = skill("Voice"), skill("Style"), skill("Basics", applies_to_all_agents=True)
    path = f"/api/agents/{agent.id}/skills"
    api.as_(ada).put(path, json={"skill_ids": [voice]})

    given = api.as_(ada).put(path, json={"skill_ids": [style, style]})

    assert given.status_code == 200
    assert [(row["id"], row["assigned"]) for row in given.json] == [(everyone, False), (style, True)]
    assert api.as_(ada).get(path).json == given.json


def test_an_unknown_skill_is_a_value_error(api, ada, make):
    reply = api.as_(ada).put(f"/api/agents/{make.agent().id}/skills", json={"skill_ids": [999]})

    assert reply.status_code == 422
    assert reply.json["detail"][0]["loc"] == ["skill_ids"]


def test_admins_watch_every_agent_until_they_stop_and_members_when_they_begin(api, ada, mia, make):
    path = f"/api/agents/{make.agent().id}"
    at_first = [api.as_(who).get(path).json["watching"] for who in (ada, mia)]

    api.as_(ada).put(f"{path}/watch", json={"watching": False})
    begun = api.as_(mia).put(f"{path}/watch", json={"watching": True})

    assert at_first == [True, False]
    assert begun.json["watching"] is True
    assert [api.as_(who).get(path).json["watching"] for who in (ada, mia)] == [False, True]


def test_the_list_costs_the_same_however_many_agents_there_are(api, ada, make, statements):
    reader = api.as_(ada)
    counts = []
    for _ in range(2):
        for _ in range(4):
            make.agent()
        reader.get("/api/health")  # what the test itself holds is loaded before we count

        with statements() as asked:
            reader.get("/api/agents/")
        counts.append(len(asked))

    assert counts[0] == counts[1] == 3


def test_one_agent_costs_four_statements_and_all_that_it_did_seven(api, mia, make, statements):
    reader, path = api.as_(mia), f"/api/agents/{make.agent().id}"
    reader.get("/api/health")

    with statements() as one:
        reader.get(path)
    with statements() as its_past:
        reader.get(f"{path}/stats")

    assert 0 < len(one) <= 4
    assert 0 < len(its_past) <= 7


def test_if_match_keeps_one_from_writing_over_somebody_elses(api, ada, make):
    client = api.as_(ada)
    at = f"/api/agents/{make.agent('Sierra').id}"
    read = client.get(at).headers["ETag"]
    assert client.patch(at, json={"role_title": "Writer"}, headers={"If-Match": read}).status_code == 200

    refused = client.patch(at, json={"role_title": "Editor"}, headers={"If-Match": read})
    again = client.patch(at, json={"role_title": "Editor"}, headers={"If-Match": client.get(at).headers["ETag"]})

    assert refused.status_code == 409
    assert refused.json["agent"]["role_title"] == "Writer"
    assert again.status_code == 200
