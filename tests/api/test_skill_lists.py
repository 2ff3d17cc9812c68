"""Lists of skills: search, filters, pages."""

import pytest

from tests.support.skills import new


def names(reply):
    assert reply.status_code == 200, reply.json
    return [skill["name"] for skill in reply.json]


def test_skills_are_searched_and_filtered_as_the_reference_shows(api, ada, mia):
    new(api, ada)
    new(api, ada, name="Refunds", description="", category="Support", tags=["money"], content="Pay back.")
    get = api.as_(mia).get

    assert names(get("/api/skills")) == names(get("/api/skills/")) == ["Brand Voice Guide", "Refunds"]
    assert names(get("/api/skills?search=brand")) == ["Brand Voice Guide"]
    assert names(get("/api/skills?category=Marketing")) == ["Brand Voice Guide"]
    assert names(get("/api/skills?tag=writing")) == ["Brand Voice Guide"]
    assert names(get("/api/skills?tag=Money&category=support&search=PAY")) == ["Refunds"]
    assert names(get("/api/skills?tag=writ")) == []


def test_names_come_before_descriptions_before_contents(api, ada):
    for name, field in [("A", "content"), ("B", "description"), ("The tone", "category")]:
        new(api, ada, **{"description": "", "content": ""} | {"name": name, field: "On tone"})

    assert names(api.as_(ada).get("/api/skills?search=TONE")) == ["The tone", "B", "A"]


@pytest.mark.parametrize("part", ["100%", "a_b", "ÜBER", "über die", "ЗАКАЗ", "\\", "日本"])
def test_every_character_means_itself_without_case(api, ada, part):
    new(api, ada, name="Other", content="axb 100 unter")
    new(api, ada, name="This", content="100% a_b Über die заказ \\ 日本語")

    assert names(api.as_(ada).get("/api/skills", query_string={"search": part})) == ["This"]


def test_lists_come_in_pages_in_a_constant_number_of_statements(api, ada, make, statements):
    board, agent = make.board(), make.agent()
    for number in range(3):
        new(api, ada, name=f"Skill {number}", agent_ids=[agent.id], activation_board_ids=[board.id])

    with statements() as few:
        assert len(api.as_(ada).get("/api/skills?per_page=1&search=skill").json) == 1
    with statements() as many:
        assert len(api.as_(ada).get("/api/skills?per_page=3&search=skill").json) == 3
    page = api.as_(ada).get("/api/skills?per_page=2&page=2")

    assert len(few) == len(many) <= 6
    assert names(page) == ["Skill 2"]
    assert page.headers["X-Total-Count"] == "3"
    assert 'rel="prev"' in page.headers["Link"]
