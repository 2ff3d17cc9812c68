"""GET /api/mentions/search: suggestions after an @."""


def named(reply):
    assert reply.status_code == 200, reply.json
    return [one["name"] for one in reply.json]


def test_people_and_agents_are_found_beginnings_first(api, mia, make):
    make.agent(name="Sierra", role_title="SEO Specialist")
    make.agent(name="Dossier Bot")
    make.agent(name="Atlas")

    reply = api.as_(mia).get("/api/mentions/search?q=sie")

    assert reply.json[0] == {
        "id": reply.json[0]["id"],
        "name": "Sierra",
        "type": "agent",
        "role": "SEO Specialist",
        "avatar_url": None,
    }
    assert named(reply) == ["Sierra", "Dossier Bot"]


def test_a_person_comes_with_his_role(api, ada, mia):
    reply = api.as_(mia).get("/api/mentions/search?q=ADA")

    assert reply.json == [
        {"id": reply.json[0]["id"], "name": "Ada", "type": "user", "role": "admin", "avatar_url": None}
    ]


def test_at_most_ten_come_and_nothing_typed_gives_the_first(api, mia, make):
    for number in range(12):
        make.agent(name=f"Agent {number:02}")

    assert named(api.as_(mia).get("/api/mentions/search?q=")) == [f"Agent {number:02}" for number in range(10)]
    assert len(named(api.as_(mia).get("/api/mentions/search?q=agent"))) == 10


def test_signs_mean_themselves(api, mia, make):
    make.agent(name="100% Proof")
    make.agent(name="Under_score")
    make.agent(name="Ünïcode Élan")

    assert named(api.as_(mia).get("/api/mentions/search", query_string={"q": "0%"})) == ["100% Proof"]
    assert named(api.as_(mia).get("/api/mentions/search", query_string={"q": "r_s"})) == ["Under_score"]
    assert named(api.as_(mia).get("/api/mentions/search", query_string={"q": "ÉLAN"})) == ["Ünïcode Élan"]
    assert named(api.as_(mia).get("/api/mentions/search", query_string={"q": "%"})) == ["100% Proof"]


def test_closed_accounts_are_not_offered(api, mia, people):
    assert people.zoe.is_active is False

    assert named(api.as_(mia).get("/api/mentions/search?q=zoe")) == []


def test_nobody_searches(api):
    assert api.get("/api/mentions/search?q=a").status_code == 401
