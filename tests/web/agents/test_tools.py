"""The tab Tools of an agent."""

import re

from helix import clock
from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import AgentTool, Tool, ToolSource
from helix.models.vocabulary import ToolEffect, ToolPolicy, ToolSourceKind, ToolStatus
from tests.support.quick_worker import quick_worker


def tool(name):
    return db.session.query(Tool).filter_by(name=name).one()


def grant_of(agent, name):
    return db.session.get(AgentTool, (agent.id, tool(name).id), populate_existing=True)


def policy_shown(page, name):
    (form,) = re.findall(rf'aria-label="May \w+ use {name}">(.*?)</form>', page, re.DOTALL)
    return re.findall(r'value="(\w+)"\s+aria-pressed="true"', form)


def sends_mail():
    now = clock.now()
    with transaction():
        source = ToolSource(
            kind=ToolSourceKind.MCP_HTTP, slug="mail", title="Mail", url="http://x.test", created_at=now
        )
        db.session.add(source)
        db.session.flush()
        facts = {"effect": ToolEffect.DESTRUCTIVE, "status": ToolStatus.ACCEPTED, "sends_out": True}
        db.session.add(Tool(source_id=source.id, name="send", input_schema={}, definition_hash="", **facts))


def test_the_tab_lists_each_tool_with_its_policy_and_cost(pages, ada, make):
    sierra = make.agent("Sierra")

    page = pages.as_(ada).get(f"/agents/{sierra.id}?tab=tools").text

    assert policy_shown(page, "save_file") == ["allow"]
    assert policy_shown(page, "web_fetch") == ["ask"]
    assert f'title="{tool("save_file").token_count} tokens"' in page
    assert "reads private data" in page
    assert "can send something out" not in page


def test_an_admin_grants_a_tool_in_place(pages, ada, make):
    sierra = make.agent("Sierra")
    browser = pages.as_(ada)

    off = browser.send(f"/agents/{sierra.id}/tools", {"tool": "save_file", "policy": "off"})
    plain = browser.post(f"/agents/{sierra.id}/tools", {"tool": "web_fetch", "policy": "allow"})

    assert policy_shown(off.text, "save_file") == ["off"]
    assert "Sierra does not use save_file any more." in off.text
    assert plain.headers["Location"].endswith(f"/agents/{sierra.id}?tab=tools")
    assert grant_of(sierra, "web_fetch").policy == ToolPolicy.ALLOW


def test_a_wrong_choice_is_said_and_changes_nothing(pages, ada, make):
    sierra = make.agent("Sierra")

    for form in ({"tool": "juggle", "policy": "ask"}, {"tool": "save_file", "policy": "sometimes"}):
        reply = pages.as_(ada).send(f"/agents/{sierra.id}/tools", form)
        assert reply.status_code == 422
        assert 'role="alert"' in reply.text
    assert db.session.query(AgentTool).count() == 0


def test_a_standing_permission_names_who_gave_it_and_is_revoked(pages, ada, make):
    sierra = make.agent("Sierra")
    with transaction():
        row = AgentTool(agent_id=sierra.id, tool_id=tool("web_fetch").id, policy=ToolPolicy.ASK, granted_at=clock.now())
        row.always_by_user_id, row.always_at = ada.id, clock.now()
        db.session.add(row)
    browser = pages.as_(ada)

    before = browser.get(f"/agents/{sierra.id}?tab=tools").text
    after = browser.send(f"/agents/{sierra.id}/tools", {"tool": "web_fetch", "revoke": "1"}).text

    assert "All calls were allowed by Ada" in before
    assert "All calls were allowed" not in after
    assert "Sierra asks again before it uses web_fetch." in after
    assert (grant_of(sierra, "web_fetch").always_at, policy_shown(after, "web_fetch")) == (None, ["ask"])


def test_the_page_says_beforehand_that_every_send_will_ask(pages, ada, make):
    sierra = make.agent("Sierra")
    sends_mail()
    browser = pages.as_(ada)

    all_three = browser.get(f"/agents/{sierra.id}?tab=tools").text
    browser.send(f"/agents/{sierra.id}/tools", {"tool": "mail__send", "policy": "off"})
    without = browser.get(f"/agents/{sierra.id}?tab=tools").text

    assert "every send will ask" in all_three
    assert "Cannot be undone" in all_three
    assert "every send will ask" not in without


def test_limits_are_said(pages, api, ada, make):
    sierra = make.agent("Sierra")
    limits = {"per_run": 3, "per_day": 20, "hosts": ["a.example", "b.example"]}
    grants = [{"tool": "web_fetch", "policy": "ask", "limits": limits}]
    api.as_(ada).put(f"/api/agents/{sierra.id}/tools", json={"grants": grants})

    page = pages.as_(ada).get(f"/agents/{sierra.id}?tab=tools").text

    assert "At most 3 times a run, at most 20 times a day, only at a.example, b.example." in page


def test_a_member_reads_and_changes_nothing(pages, mia, make):
    sierra = make.agent("Sierra")
    browser = pages.as_(mia)

    page = browser.get(f"/agents/{sierra.id}?tab=tools").text
    refused = browser.send(f"/agents/{sierra.id}/tools", {"tool": "save_file", "policy": "off"})

    assert "save_file" in page
    assert 'name="policy"' not in page
    assert refused.status_code == 403
    assert db.session.query(AgentTool).count() == 0


def test_the_tab_says_when_the_model_is_not_known_to_use_tools(pages, ada, mia, make):
    make.model()
    sierra = make.agent("Sierra")

    page = pages.as_(ada).get(f"/agents/{sierra.id}?tab=tools").text
    members = pages.as_(mia).get(f"/agents/{sierra.id}?tab=tools").text

    words = "Whether its model can use tools is not known, so that it is not offered any."
    assert words in page
    assert f'action="/agents/{sierra.id}/tools/test-model"' in page
    assert words in members
    assert "Test the model" not in members


def test_the_model_is_tested_in_place(pages, ada, make, clean_app):
    make.model()
    sierra = make.agent("Sierra")
    browser = pages.as_(ada)

    without_worker = browser.send(f"/agents/{sierra.id}/tools/test-model").text
    with quick_worker(clean_app):
        tested = browser.send(f"/agents/{sierra.id}/tools/test-model").text

    assert "No worker" in without_worker
    assert "is not known" in without_worker
    assert " answers." in tested
    assert "so that it is not offered any" not in tested


def test_the_tab_says_when_the_model_of_the_agent_cannot_use_tools(pages, ada, make):
    make.model(supports_tools=True)
    deaf = make.model(is_default=False, supports_tools=False)
    klay, sierra = make.agent("Klay", ai_model_id=deaf.id), make.agent("Sierra")
    browser = pages.as_(ada)

    cannot = browser.get(f"/agents/{klay.id}?tab=tools").text
    can = browser.get(f"/agents/{sierra.id}?tab=tools").text

    assert "Its model cannot use tools, so that it is not offered any." in cannot
    assert f'href="/agents/{klay.id}/edit"' in cannot
    assert "so that it is not offered any" not in can


def test_limits_are_set_in_place(pages, ada, make):
    sierra = make.agent("Sierra")
    form = {"tool": "web_fetch", "per_run": "3", "per_day": "", "hosts": "A.example, b.example", "always_offered": "1"}

    page = pages.as_(ada).send(f"/agents/{sierra.id}/tools/limits", form).text

    found = grant_of(sierra, "web_fetch")
    assert (found.limits, found.always_offered) == ({"per_run": 3, "hosts": ["a.example", "b.example"]}, True)
    assert found.policy == ToolPolicy.ASK
    assert "At most 3 times a run, only at a.example, b.example." in page
    assert "always offered" in page


def test_limits_that_are_left_empty_end(pages, ada, make):
    sierra = make.agent("Sierra")
    browser = pages.as_(ada)
    browser.send(f"/agents/{sierra.id}/tools/limits", {"tool": "web_fetch", "per_run": "3", "always_offered": "1"})

    browser.send(f"/agents/{sierra.id}/tools/limits", {"tool": "web_fetch"})

    found = grant_of(sierra, "web_fetch")
    assert (found.limits, found.always_offered) == ({}, False)


def test_a_wrong_limit_is_said_and_what_was_typed_is_kept(pages, ada, make):
    sierra = make.agent("Sierra")
    browser = pages.as_(ada)

    for form, said in (
        ({"per_run": "many"}, "Calls in a run:"),
        ({"per_day": "0"}, "Calls a day:"),
        ({"hosts": "https://a.example/x"}, "Hosts: Write a host name such as example.com"),
    ):
        reply = browser.send(f"/agents/{sierra.id}/tools/limits", {"tool": "web_fetch", **form})
        (typed,) = form.values()
        assert reply.status_code == 422
        assert said in reply.text
        assert f'value="{typed}"' in reply.text
    assert db.session.query(AgentTool).count() == 0


def test_several_tools_are_changed_at_once(pages, ada, make):
    sierra = make.agent("Sierra")
    browser = pages.as_(ada)

    page = browser.send(f"/agents/{sierra.id}/tools", {"tool": ["save_file", "web_fetch"], "policy": "off"}).text
    none = browser.send(f"/agents/{sierra.id}/tools", {"policy": "off"})

    assert [policy_shown(page, name) for name in ("save_file", "web_fetch")] == [["off"], ["off"]]
    assert "Sierra does not use 2 tools any more." in page
    assert none.status_code == 422
    assert "Choose at least one tool first." in none.text


def test_the_tools_of_a_source_stand_together_with_its_state(pages, ada, make):
    sierra = make.agent("Sierra")
    sends_mail()
    with transaction():
        source = db.session.query(ToolSource).filter_by(slug="mail").one()
        source.refresh_error = "The server answers 500."
    browser = pages.as_(ada)

    broken = browser.get(f"/agents/{sierra.id}?tab=tools").text
    with transaction():
        db.session.merge(source).enabled = False
    off = browser.get(f"/agents/{sierra.id}?tab=tools").text

    assert broken.index('data-select-all="mail"') < broken.index("mail__send")
    assert "Cannot be reached: The server answers 500." in broken
    assert "Switched off" in off
