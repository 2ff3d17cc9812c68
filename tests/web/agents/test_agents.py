"""The list of agents, and making one."""

from decimal import Decimal

from helix.extensions import db
from helix.models import Agent
from helix.models.vocabulary import BoardLevel, FailureReason, RunStatus
from helix.services import skills
from tests.support.agents import NEW
from tests.support.people import as_actor
from tests.support.runs import finished_run


def test_agents_stand_by_department_with_their_load_and_what_keeps_them(pages, mia, make):
    make.model()
    home = make.department("Marketing")
    sierra = make.agent("Sierra", department_id=home.id, role_title="SEO specialist", monthly_budget_usd=Decimal(25))
    paused = make.agent("Klay", enabled=False)
    make.task(agent=sierra, by=mia)

    page = pages.as_(mia).get("/agents").text.split('id="agents"')[1]

    assert page.index("Marketing") < page.index(f'id="agent-{sierra.id}"') < page.index("No department")
    assert "1 open task<" in page
    assert "$25.00</span> this month" in " ".join(page.split())
    assert page.index("No department") < page.index(f'id="agent-{paused.id}"')
    assert "Paused" in page


def test_the_address_narrows_the_agents(pages, mia, make):
    make.model()
    home = make.department("Marketing")
    sierra = make.agent("Sierra", department_id=home.id, role_title="SEO specialist")
    klay = make.agent("Klay", enabled=False)
    browser = pages.as_(mia)

    for query in ("q=seo", f"department={home.id}", "status=online"):
        page = browser.get(f"/agents?{query}").text
        assert f'id="agent-{sierra.id}"' in page, query
        assert f'id="agent-{klay.id}"' not in page, query
    part = browser.part("/agents?status=offline").text
    assert part.lstrip().startswith("<div")
    assert f'id="agent-{klay.id}"' in part
    assert "No agent matches" in browser.get("/agents?q=nobody").text


def test_an_agent_that_failed_says_why(pages, mia, make):
    make.model()
    sierra = make.agent("Sierra")
    finished_run(make.task(agent=sierra, by=mia), sierra, RunStatus.FAILED, reason=FailureReason.KEY_REFUSED)

    page = pages.as_(mia).get(f"/agents/{sierra.id}/card").text

    assert "The provider refused the key" in page


def test_the_list_costs_the_same_for_one_agent_and_for_many(pages, mia, make, statements):
    make.model()
    make.agent()
    browser = pages.as_(mia)
    browser.get("/agents")
    with statements() as few:
        browser.get("/agents")

    for _ in range(8):
        agent = make.agent(department_id=make.department().id)
        finished_run(make.task(agent=agent, by=mia), agent, RunStatus.FAILED, reason=FailureReason.TIMED_OUT)
    with statements() as many:
        browser.get("/agents")

    assert len(many) <= len(few) + 1, many
    assert len(many) <= 10, many


def test_an_admin_makes_an_agent(pages, ada):
    browser = pages.as_(ada)

    reply = browser.send("/agents", NEW)

    agent = db.session.query(Agent).one()
    assert reply.headers["HX-Redirect"] == f"/agents/{agent.id}?tab=prompt"
    assert (agent.name, agent.monthly_budget_usd, agent.max_parallel_runs) == ("Sierra", Decimal(25), 2)


def test_what_was_typed_is_kept_beside_what_is_wrong(pages, ada, make):
    make.agent("Sierra")
    browser = pages.as_(ada)

    wrong = browser.send("/agents", NEW | {"name": "Klay", "monthly_budget_usd": "plenty", "max_parallel_runs": "0"})
    taken = browser.send("/agents", NEW)
    plain = browser.post("/agents", NEW | {"name": " "})

    assert wrong.status_code == taken.status_code == plain.status_code == 422
    assert 'value="plenty"' in wrong.text
    assert "Enter an amount in dollars" in wrong.text
    assert "Enter a whole number from 1 to 100." in wrong.text
    assert wrong.text.lstrip().startswith("<dialog")
    assert 'id="f-name-error"' in taken.text
    assert "<!doctype html>" in plain.text
    assert "Enter a name of 1 to 80 characters." in plain.text


def test_a_taken_name_is_said_together_with_everything_else_that_is_wrong(pages, ada, make):
    make.agent("Sierra")

    reply = pages.as_(ada).send("/agents", NEW | {"monthly_budget_usd": "plenty", "max_parallel_runs": "0"})

    assert reply.status_code == 422
    assert 'id="f-name-error"' in reply.text
    assert "This name is already taken." in reply.text
    assert "Enter an amount in dollars" in reply.text
    assert '<details class="fold advanced" open>' in reply.text


def test_the_form_gives_skills_and_keeps_the_ticks_when_something_is_wrong(pages, ada, make):
    style = skills.create(as_actor(ada), name="Style", content="Plain words.")
    skills.create(as_actor(ada), name="For everyone", content="x", applies_to_all_agents=True)
    browser = pages.as_(ada)

    form = browser.part("/agents/new").text
    wrong = browser.send("/agents", NEW | {"name": " ", "skill_ids": str(style.id)}).text
    browser.send("/agents", NEW | {"skill_ids": str(style.id)})

    assert "Style" in form
    assert "For everyone" not in form
    assert '<details class="fold advanced">' in form
    assert form.index("Instructions") < form.index("Skills") < form.index("Advanced") < form.index("Runs at a time")
    assert "checked" in wrong.split(f'value="{style.id}"')[1].split(">")[0]
    agent = db.session.query(Agent).one()
    assert [skill["name"] for skill in skills.of_agent(agent.id) if skill["assigned"]] == ["Style"]


def test_an_admin_duplicates_an_agent_by_page_and_by_api(pages, api, ada, make):
    sierra = make.agent("Sierra", system_prompt="Be brief.")

    reply = pages.as_(ada).send(f"/agents/{sierra.id}/duplicate")
    answer = api.as_(ada).post(f"/api/agents/{sierra.id}/duplicate")

    copy = db.session.query(Agent).filter_by(name="Sierra copy").one()
    assert reply.headers["HX-Redirect"] == f"/agents/{copy.id}"
    assert answer.status_code == 201
    assert (answer.json["name"], answer.json["system_prompt"]) == ("Sierra copy 2", "Be brief.")


def test_a_card_says_where_an_agent_works_and_what_it_can(pages, ada, mia, make):
    board, hidden = make.board("Blog"), make.board("Secret plans")
    make.grant(mia, hidden, BoardLevel.NONE)
    sierra = make.agent("Sierra", primary_board_id=board.id)
    klay = make.agent("Klay", primary_board_id=hidden.id)
    skills.create(as_actor(ada), name="Style guide", content="x", agent_ids=[sierra.id])
    browser = pages.as_(mia)

    card = browser.get(f"/agents/{sierra.id}/card").text

    assert "Blog" in card
    assert "Style guide" in card
    assert "Secret plans" not in browser.get(f"/agents/{klay.id}/card").text


def test_members_see_agents_and_change_none(pages, mia, make):
    sierra = make.agent("Sierra", system_prompt="You are Sierra.")
    browser = pages.as_(mia)

    page = browser.get(f"/agents/{sierra.id}").text
    prompt = browser.get(f"/agents/{sierra.id}?tab=prompt").text

    assert "Edit" not in page
    assert "You are Sierra." in prompt
    assert "<textarea" not in prompt
    assert browser.get("/agents/new").status_code == 403
    assert browser.get(f"/agents/{sierra.id}/edit").status_code == 403
    for deed in ("enabled", "mode", "prompt", "skills", "delete", "edit", "lift-budget", "duplicate"):
        data = NEW | {"execution_mode": "auto"}
        assert browser.send(f"/agents/{sierra.id}/{deed}", data).status_code == 403, deed
    assert browser.send(f"/agents/{sierra.id}/watch", {"watching": "1"}).status_code == 200
