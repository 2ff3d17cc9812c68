"""Assigning skills to agents."""

from tests.support.skills import new


def test_a_skill_is_given_to_exactly_these_agents(api, ada, mia, make):
    sierra, atlas, gone = make.agent("Sierra"), make.agent("Atlas"), make.agent("Gone")
    path = f"/api/skills/{new(api, ada, agent_ids=[gone.id])['id']}"

    assigned = api.as_(ada).put(f"{path}/agents", json={"agent_ids": [sierra.id, atlas.id, atlas.id]})
    unknown = api.as_(ada).put(f"{path}/agents", json={"agent_ids": [999]})

    assert assigned.status_code == 200
    assert [(agent["name"], agent["assigned"]) for agent in assigned.json] == [("Atlas", True), ("Sierra", True)]
    assert api.as_(mia).get(f"{path}/agents").json == assigned.json
    shown = api.as_(mia).get(path).json
    assert (shown["agent_ids"], shown["agent_count"]) == ([sierra.id, atlas.id], 2)
    assert (unknown.status_code, unknown.json["detail"][0]["loc"]) == (422, ["agent_ids"])


def test_both_sides_of_an_assignment_say_the_same(api, ada, make):
    agent, skill = make.agent(), new(api, ada)
    api.as_(ada).put(f"/api/agents/{agent.id}/skills", json={"skill_ids": [skill["id"]]})

    listed = api.as_(ada).get(f"/api/skills/{skill['id']}/agents").json
    api.as_(ada).put(f"/api/skills/{skill['id']}/agents", json={"agent_ids": []})

    assert [entry["id"] for entry in listed] == [agent.id]
    assert api.as_(ada).get(f"/api/agents/{agent.id}/skills").json == []


def test_a_skill_for_all_agents_lists_them_all(api, ada, make):
    make.agent("Atlas")
    own = make.agent("Sierra")
    skill = new(api, ada, applies_to_all_agents=True, agent_ids=[own.id])

    found = api.as_(ada).get(f"/api/skills/{skill['id']}/agents").json

    assert [(agent["name"], agent["assigned"]) for agent in found] == [("Atlas", False), ("Sierra", True)]
    assert skill["agent_ids"] == [own.id]


def test_a_deleted_agent_is_no_longer_counted(api, ada, make):
    agent = make.agent()
    skill = new(api, ada, agent_ids=[agent.id])

    api.as_(ada).delete(f"/api/agents/{agent.id}")

    assert api.as_(ada).get(f"/api/skills/{skill['id']}").json["agent_count"] == 0
