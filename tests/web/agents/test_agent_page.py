"""The page of one agent."""

import re
from decimal import Decimal

import pytest

from helix import clock
from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import Agent, Skill, SkillAgent, Task
from helix.models.vocabulary import BoardLevel, ExecutionMode, FailureReason, RunStatus
from helix.services import agents, skills
from tests.support.agents import NEW
from tests.support.people import as_actor
from tests.support.runs import finished_run

pytestmark = pytest.mark.every_database


def skill(name: str, **fields) -> Skill:
    now = clock.now()
    with transaction():
        found = Skill(name=name, name_key=name.casefold(), slug=name.lower(), created_at=now, updated_at=now, **fields)
        db.session.add(found)
    return found


def test_every_tab_of_an_agent_costs_few_statements(pages, ada, make, statements):
    make.model()
    sierra = make.agent("Sierra", department_id=make.department().id)
    for _ in range(6):
        finished_run(make.task(agent=sierra), sierra, RunStatus.SUCCEEDED, cost_usd=Decimal("0.5"))
    browser = pages.as_(ada)

    browser.get("/")  # what is learnt once is learnt

    for tab in ("overview", "tasks", "runs", "skills", "tools", "prompt"):
        with statements() as found:
            assert browser.get(f"/agents/{sierra.id}?tab={tab}").status_code == 200
        with statements() as by_itself:
            assert browser.part(f"/agents/{sierra.id}?tab={tab}").status_code == 200
        assert len(by_itself) <= 10, (tab, len(by_itself))
        assert len(found) <= 10, (tab, len(found))


def test_the_overview_draws_what_happened(pages, ada, make):
    make.model()
    sierra = make.agent("Sierra")
    task = make.task("Percale or linen", agent=sierra)
    finished_run(task, sierra, RunStatus.SUCCEEDED, cost_usd=Decimal("1.5"))
    finished_run(task, sierra, RunStatus.FAILED, reason=FailureReason.TIMED_OUT)

    page = pages.as_(ada).get(f"/agents/{sierra.id}").text

    assert "50%" in page
    assert page.count('class="bar-done"') == 1
    assert page.count('class="bar-failed"') == 1
    assert "Up to $1.50 a day" in page
    assert "Percale or linen" in page


def test_a_member_is_shown_nothing_of_hidden_boards(pages, ada, mia, make):
    make.model()
    sierra = make.agent("Sierra")
    board = make.board()
    make.grant(mia, board, BoardLevel.NONE)
    finished_run(make.task("A secret", board=board, agent=sierra), sierra, RunStatus.SUCCEEDED, cost_usd=Decimal(9))
    browser = pages.as_(mia)

    for tab in ("overview", "tasks", "runs"):
        page = browser.get(f"/agents/{sierra.id}?tab={tab}").text
        assert "A secret" not in page, tab
        assert 'class="bar-done"' not in page, tab
    assert "A secret" in pages.as_(ada).get(f"/agents/{sierra.id}?tab=runs").text


def test_pausing_and_the_mode_are_switched_in_place(pages, ada, make):
    sierra = make.agent("Sierra")
    browser = pages.as_(ada)

    paused = browser.send(f"/agents/{sierra.id}/enabled", {"enabled": "0"})
    auto = browser.send(f"/agents/{sierra.id}/mode", {"execution_mode": "auto"})
    nonsense = browser.send(f"/agents/{sierra.id}/mode", {"execution_mode": "sometimes"})

    agent = db.session.get_one(Agent, sierra.id)
    assert not agent.enabled
    assert agent.execution_mode == ExecutionMode.AUTO
    assert "Sierra is paused" in paused.text
    assert 'id="agent-head"' in auto.text
    assert nonsense.status_code == 422


def test_instructions_are_written_and_too_long_ones_kept_on_the_page(pages, ada, make):
    sierra = make.agent("Sierra")
    browser = pages.as_(ada)

    saved = browser.send(f"/agents/{sierra.id}/prompt", {"system_prompt": "One\r\nTwo"})
    refused = browser.send(f"/agents/{sierra.id}/prompt", {"system_prompt": "x" * 100_001})

    assert db.session.get_one(Agent, sierra.id).system_prompt == "One\nTwo"
    assert "Saved." in saved.text
    assert refused.status_code == 422
    assert "x" * 100_001 in refused.text


def test_skills_are_ticked_and_those_for_all_stay(pages, ada, make):
    sierra = make.agent("Sierra")
    seo, tone = skill("SEO"), skill("Tone", applies_to_all_agents=True)
    with transaction():
        db.session.add(SkillAgent(skill_id=tone.id, agent_id=sierra.id))

    reply = pages.as_(ada).send(f"/agents/{sierra.id}/skills", {"skill_ids": [str(seo.id)]})

    own = {row.skill_id for row in db.session.query(SkillAgent).filter_by(agent_id=sierra.id)}
    assert reply.status_code == 200
    assert own == {seo.id, tone.id}


def test_the_preview_says_when_no_worker_can_compose_it(pages, ada, make):
    make.model()
    sierra = make.agent("Sierra")
    task = make.task(agent=sierra)

    reply = pages.as_(ada).send(f"/agents/{sierra.id}/preview", {"task_id": str(task.id)})

    assert reply.status_code == 200
    assert "No worker" in reply.text


def test_deleting_says_what_happens_and_then_does_it(pages, ada, make):
    sierra = make.agent("Sierra")
    task = make.task(agent=sierra)
    browser = pages.as_(ada)

    asked = browser.part(f"/agents/{sierra.id}/delete").text
    done = browser.send(f"/agents/{sierra.id}/delete")

    assert "1 open task is unassigned" in asked
    assert done.headers["HX-Redirect"] == "/agents"
    assert browser.get(f"/agents/{sierra.id}").status_code == 404
    assert db.session.get_one(Task, task.id).assigned_agent_id is None


def seen_in(page: str) -> str:
    found = re.search(r'name="seen" value="(\w+)"', page)
    assert found, "the form carries no mark"
    return found[1]


def test_instructions_are_not_written_over_somebody_elses(pages, ada, make):
    sierra = make.agent("Sierra", system_prompt="You write.")
    browser = pages.as_(ada)
    address = f"/agents/{sierra.id}/prompt"
    seen = seen_in(browser.get(f"/agents/{sierra.id}?tab=prompt").text)
    agents.edit(as_actor(ada), sierra.id, {"system_prompt": "You write well."})
    mine = {"system_prompt": "You write briefly.", "seen": seen}

    refused = browser.send(address, mine)
    plain = browser.post(address, mine)

    assert refused.status_code == plain.status_code == 422
    assert all(words in refused.text for words in ("in the meantime", "You write well.", "You write briefly."))
    assert "in the meantime" in plain.text
    assert db.session.get_one(Agent, sierra.id).system_prompt == "You write well."
    assert browser.send(address, mine | {"seen": seen_in(refused.text)}).status_code == 200
    assert db.session.get_one(Agent, sierra.id).system_prompt == "You write briefly."


def test_the_fields_of_an_agent_are_not_written_over_somebody_elses(pages, ada, make):
    home = make.department("Marketing")
    sierra = make.agent("Sierra", monthly_budget_usd=Decimal("20"))
    browser = pages.as_(ada)
    address = f"/agents/{sierra.id}/edit"
    seen = seen_in(browser.part(address).text)
    agents.edit(as_actor(ada), sierra.id, {"department_id": home.id})
    mine = NEW | {"role_title": "Editor", "seen": seen}

    refused = browser.send(address, mine)

    assert refused.status_code == 422
    assert all(
        words in refused.text for words in ("Department, saved version", "Marketing", "Monthly budget, your version")
    )
    assert db.session.get_one(Agent, sierra.id).role_title == ""
    assert browser.send(address, mine | {"seen": seen_in(refused.text)}).headers["HX-Redirect"]
    assert db.session.get_one(Agent, sierra.id).role_title == "Editor"


def test_of_many_skills_a_part_is_listed_and_the_filter_finds_the_others(pages, ada, make):
    sierra = make.agent("Sierra")
    own = skill("Zebra")
    for n in range(120):
        skill(f"Skill {n:03}")
    with transaction():
        db.session.add(SkillAgent(skill_id=own.id, agent_id=sierra.id))
    browser = pages.as_(ada)

    whole = browser.get(f"/agents/{sierra.id}?tab=skills").text
    found = browser.get(f"/agents/{sierra.id}?tab=skills&skill=skill+119").text

    assert whole.count('name="skill_ids"') == 100
    assert whole.index("Zebra") < whole.index("Skill 000")
    assert "100 of 121" in whole
    assert "Skill 119" not in whole
    assert found.count('name="skill_ids"') == 1
    assert "Skill 119" in found


def test_saving_a_filtered_list_leaves_the_skills_alone_that_were_not_listed(pages, ada, make):
    sierra = make.agent("Sierra")
    hidden, gone, new = skill("Hidden"), skill("Gone"), skill("New")
    with transaction():
        db.session.add_all(SkillAgent(skill_id=one.id, agent_id=sierra.id) for one in (hidden, gone))

    sent = {"listed": [str(gone.id), str(new.id)], "skill_ids": [str(new.id)], "skill": "e"}
    pages.as_(ada).send(f"/agents/{sierra.id}/skills", sent)

    own = {row.skill_id for row in db.session.query(SkillAgent).filter_by(agent_id=sierra.id)}
    assert own == {hidden.id, new.id}


def test_the_size_of_skills_is_left_out_where_no_worker_can_count(pages, ada, make):
    sierra = make.agent("Sierra")

    reply = pages.as_(ada).part(f"/agents/{sierra.id}/skills/size")

    assert (reply.status_code, reply.text.strip()) == (200, "")


def test_the_skills_tab_says_where_each_skill_is_used(pages, ada, mia, make):
    seen, hidden = make.board("SEO & Blog"), make.board("Secret plans")
    make.grant(mia, hidden, BoardLevel.NONE)
    sierra = make.agent("Sierra")
    for name, fields in [
        ("Always", {}),
        ("Boards", {"activation_mode": "board", "activation_board_ids": [seen.id, hidden.id]}),
        ("Tags", {"activation_mode": "tag", "activation_tags": ["press", "law"]}),
        ("No board", {"activation_mode": "board"}),
    ]:
        skills.create(as_actor(ada), name=name, content="x", agent_ids=[sierra.id], **fields)

    page = pages.as_(mia).get(f"/agents/{sierra.id}?tab=skills").text

    for words in (
        "In every run",
        "Only on SEO &amp; Blog and 1 other board",
        "Only with #press and #law",
        "Never: no board chosen",
    ):
        assert words in page, words
    assert "Secret plans" not in page


def test_a_new_skill_from_an_agents_page_is_for_that_agent(pages, ada, make):
    sierra = make.agent("Sierra")
    browser = pages.as_(ada)

    assert f"/skills/new?agent={sierra.id}" in browser.get(f"/agents/{sierra.id}?tab=skills").text
    form = browser.get(f"/skills/new?agent={sierra.id}").text
    box = form.split('name="agent_ids"')[1].split(">")[0]
    assert f'value="{sierra.id}"' in box
    assert "checked" in box


def test_runs_say_how_long_they_took_and_lead_to_the_run(pages, ada, make):
    sierra = make.agent("Sierra")
    run = finished_run(make.task("Write it", agent=sierra, by=ada), sierra, RunStatus.SUCCEEDED)

    page = pages.as_(ada).get(f"/agents/{sierra.id}?tab=runs").text

    assert f'href="/runs/{run.id}"' in page
    assert 'title="Duration"' in page
