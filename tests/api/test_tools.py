"""Tools, what is granted of them, and where they come from."""

import logging
from dataclasses import replace

import pytest

from helix import clock
from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import Activity, AgentTool, Tool, ToolSource
from helix.models.vocabulary import ToolEffect, ToolPolicy, ToolStatus
from helix.services import accounts, secrets
from helix.services.tools.definitions import BUILTIN
from tests.support.authorization_server import AuthorizationServer
from tests.support.people import as_actor

SECRET = "Bearer canary-of-a-crm-9876"
SOURCE = {"slug": "crm", "title": "CRM", "url": "https://mcp.example.com/mcp", "auth": "header", "secret": SECRET}


@pytest.fixture
def source(api, ada):
    return api.as_(ada).post("/api/tools/sources/", json=SOURCE).json


@pytest.fixture
def tool(source):
    """A tool that the server has offered, which no admin has accepted."""
    tool = Tool(
        source_id=source["id"],
        name="send_mail",
        description="Sends a mail.",
        input_schema={"type": "object"},
        definition_hash="",
        effect=ToolEffect.WRITE,
    )
    with transaction():
        db.session.add(tool)
    return tool


def tools_of(client, agent):
    reply = client.get(f"/api/agents/{agent.id}/tools").json
    return {tool["tool"]: tool for tool in reply["tools"]}, reply["reach"]


def test_everybody_reads_the_built_in_tools(api, mia):
    listed = api.as_(mia).get("/api/tools/").json

    found = {tool["name"]: tool for tool in listed}
    assert found["save_file"]["input_schema"]["required"] == ["name", "text"]
    assert (found["save_file"]["source"], found["save_file"]["effect"]) == ("helix", "write")
    assert "juggle" not in found
    assert api.as_(mia).get(f"/api/tools/{found['save_file']['id']}").json == found["save_file"]
    assert api.as_(mia).get("/api/tools/9999").status_code == 404


def test_the_tools_of_an_agent_and_its_reach(api, mia, make):
    tools, reach = tools_of(api.as_(mia), make.agent())

    assert (tools["save_file"]["policy"], tools["web_fetch"]["policy"]) == ("allow", "ask")
    assert tools["web_fetch"]["limits"] == {"per_run": None, "per_day": None, "hosts": None}
    assert reach == {
        "reads_private": True,
        "brings_untrusted": True,
        "sends_out": False,
        "asks_before_sending": False,
        "tokens": sum(tool["token_count"] for tool in tools.values() if tool["usable"]),
    }


def test_grants_change_what_they_name(api, ada, make):
    sierra, client = make.agent(), api.as_(ada)
    path = f"/api/agents/{sierra.id}/tools"

    client.put(path, json={"grants": [{"tool": "save_file", "policy": "off"}]})
    limits = {"per_run": 5, "hosts": ["Example.com"]}
    client.put(path, json={"grants": [{"tool": "web_fetch", "policy": "allow", "limits": limits}]})
    client.put(path, json={"grants": [{"tool": "web_fetch", "limits": {"per_day": 9}}]})
    tools, _reach = tools_of(client, sierra)

    assert (tools["save_file"]["policy"], tools["save_file"]["usable"]) == ("off", False)
    assert tools["web_fetch"]["policy"] == "allow"
    assert tools["web_fetch"]["limits"] == {"per_run": None, "per_day": 9, "hosts": None}
    assert tools["read_task"]["is_default"]


def test_hosts_are_compared_in_lower_case(api, ada, make):
    sierra, client = make.agent(), api.as_(ada)
    grant = {"tool": "web_fetch", "limits": {"hosts": ["Example.COM"]}}

    reply = client.put(f"/api/agents/{sierra.id}/tools", json={"grants": [grant]})

    (found,) = [tool for tool in reply.json["tools"] if tool["tool"] == "web_fetch"]
    assert found["limits"]["hosts"] == ["example.com"]


@pytest.mark.parametrize(
    ("grant", "place"),
    [
        ({"tool": "juggle", "policy": "ask"}, ["body", "grants", 0, "tool"]),
        ({"tool": "save_file", "policy": "sometimes"}, ["body", "grants", 0, "policy"]),
        ({"tool": "save_file", "always": True}, ["body", "grants", 0, "always"]),
        ({"tool": "save_file", "limits": {"per_run": 0}}, ["body", "grants", 0, "limits", "per_run"]),
        ({"tool": "web_fetch", "limits": {"hosts": ["https://x.example/a"]}}, ["body", "grants", 0, "limits", "hosts"]),
    ],
)
def test_a_wrong_grant_is_refused_and_its_place_named(api, ada, make, grant, place):
    sierra = make.agent()

    reply = api.as_(ada).put(f"/api/agents/{sierra.id}/tools", json={"grants": [grant]})

    assert reply.status_code == 422
    assert [part for part in reply.json["detail"][0]["loc"] if part != "body"][: len(place) - 1] == place[1:]
    assert db.session.query(AgentTool).count() == 0


def test_a_standing_permission_is_shown_and_ends_with_always_false(api, ada, make):
    sierra, client = make.agent(), api.as_(ada)
    fetch = db.session.query(Tool).filter_by(name="web_fetch").one()
    with transaction():
        row = AgentTool(agent_id=sierra.id, tool_id=fetch.id, policy=ToolPolicy.ASK, granted_at=clock.now())
        row.always_by_user_id, row.always_at = ada.id, clock.now()
        db.session.add(row)
    before, _reach = tools_of(client, sierra)

    client.put(f"/api/agents/{sierra.id}/tools", json={"grants": [{"tool": "web_fetch", "always": False}]})

    after, _reach = tools_of(client, sierra)
    assert (before["web_fetch"]["always"], before["web_fetch"]["always_by"]) == (True, "Ada")
    assert (after["web_fetch"]["always"], after["web_fetch"]["always_by"]) == (False, None)
    assert after["web_fetch"]["policy"] == "ask"


def test_a_tool_is_marked_to_be_offered_always(api, ada, make):
    sierra, client = make.agent(), api.as_(ada)
    grants = [{"tool": "web_fetch", "always_offered": True}]

    reply = client.put(f"/api/agents/{sierra.id}/tools", json={"grants": grants})

    assert reply.status_code == 200
    found, _reach = tools_of(client, sierra)
    assert (found["web_fetch"]["always_offered"], found["web_fetch"]["policy"]) == (True, "ask")
    assert found["save_file"]["always_offered"] is False


def test_what_was_granted_ends_with_the_agent(api, ada, make):
    sierra, client = make.agent(), api.as_(ada)
    client.put(f"/api/agents/{sierra.id}/tools", json={"grants": [{"tool": "save_file", "policy": "off"}]})

    client.delete(f"/api/agents/{sierra.id}")

    assert db.session.query(AgentTool).count() == 0
    assert client.get(f"/api/agents/{sierra.id}/tools").status_code == 404


def test_a_new_tool_is_accepted_with_the_facts_that_an_admin_confirms(api, ada, tool):
    path = f"/api/tools/{tool.id}"
    shown = api.as_(ada).get(path).json

    facts = {"definition": shown["definition"], "sends_out": True, "reads_private": False, "default_policy": "ask"}
    accepted = api.as_(ada).post(f"{path}/accept", json=facts).json

    assert (shown["name"], shown["status"], accepted["status"]) == ("crm__send_mail", "new", "accepted")
    assert (accepted["sends_out"], accepted["reads_private"], accepted["brings_untrusted"]) == (True, False, True)
    assert db.session.query(Activity).filter_by(action="tool.accepted").one().admin_only


def test_a_changed_definition_is_accepted_as_it_was_read_and_not_as_it_is_by_then(api, ada, tool):
    path = f"/api/tools/{tool.id}"

    def says(description):
        with transaction():
            row = db.session.get_one(Tool, tool.id)
            row.status, row.pending_definition = ToolStatus.CHANGED, {"description": description}

    says("Sends a mail to anybody.")
    read = api.as_(ada).get(path).json
    says("Sends a mail, and a copy to us.")
    late = api.as_(ada).post(f"{path}/accept", json={"definition": read["definition"]})
    now = api.as_(ada).get(path).json
    accepted = api.as_(ada).post(f"{path}/accept", json={"definition": now["definition"]}).json

    assert late.status_code == 409
    assert now["description"] == "Sends a mail."
    assert (accepted["description"], accepted["pending_definition"]) == ("Sends a mail, and a copy to us.", None)
    assert accepted["definition"] == now["definition"]


def test_what_cannot_be_undone_is_never_allowed_to_every_agent(api, ada, tool):
    path = f"/api/tools/{tool.id}"
    body = {"definition": api.as_(ada).get(path).json["definition"], "effect": "destructive", "default_policy": "allow"}

    reply = api.as_(ada).post(f"{path}/accept", json=body)

    assert reply.status_code == 422
    assert db.session.get_one(Tool, tool.id, populate_existing=True).status == ToolStatus.NEW


def test_built_in_tools_need_not_be_accepted(api, ada):
    first = api.as_(ada).get("/api/tools/").json[0]

    reply = api.as_(ada).post(f"/api/tools/{first['id']}/accept", json={"definition": first["definition"]})

    assert reply.status_code == 409


def test_the_secret_of_a_source_is_sealed_and_never_comes_out(api, ada, source, caplog):
    caplog.set_level(logging.DEBUG)
    path = f"/api/tools/sources/{source['id']}"

    replies = [
        api.as_(ada).get(path),
        api.as_(ada).get("/api/tools/sources/"),
        api.as_(ada).patch(path, json={"title": "Customers"}),
        api.as_(ada).patch(path, json={"secret": SECRET + "é"}),
        api.as_(ada).get("/api/org/export"),
    ]

    row = db.session.get_one(ToolSource, source["id"], populate_existing=True)
    recorded = db.session.query(Activity).filter_by(entity_type="tool_source").all()
    assert (source["has_secret"], source["secret_hint"]) == (True, "9876")
    assert secrets.decrypt(row.secret_encrypted) == SECRET
    assert [reply.status_code for reply in replies] == [200, 200, 200, 422, 200]
    assert not any(b"canary" in reply.data for reply in replies)
    assert not any("canary" in str(entry.details) + entry.entity_title for entry in recorded)
    assert all(entry.admin_only for entry in recorded)
    assert "canary" not in caplog.text


@pytest.mark.parametrize("secret", [{}, {"secret": ""}])
def test_a_changed_address_asks_for_the_secret_again(api, ada, source, secret):
    path = f"/api/tools/sources/{source['id']}"
    change = {"url": "https://evil.example/mcp"}

    refused = api.as_(ada).patch(path, json=change | secret)
    taken = api.as_(ada).patch(path, json=change | {"secret": "Bearer another-one-1234"})

    assert refused.status_code == 422
    assert refused.json["detail"][0]["loc"][-1] == "secret"
    assert (taken.json["url"], taken.json["secret_hint"]) == (change["url"], "1234")


def test_a_header_needs_a_secret(api, ada, source):
    without = {name: value for name, value in SOURCE.items() if name != "secret"} | {"slug": "other"}

    assert api.as_(ada).post("/api/tools/sources/", json=without).status_code == 422
    assert api.as_(ada).patch(f"/api/tools/sources/{source['id']}", json={"secret": None}).status_code == 422


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"kind": "mcp_stdio"}, "kind"),
        ({"kind": "builtin"}, "kind"),
        ({"url": "http://169.254.169.254/"}, "url"),
        ({"url": "http://127.0.0.1:9/"}, "url"),
        ({"url": "ftp://mcp.example.com/"}, "url"),
        ({"url": "https://user:word@mcp.example.com/"}, "url"),
        ({"url": "https://mcp.example.com/#a"}, "url"),
        ({"slug": "a__b"}, "slug"),
        ({"slug": "Über"}, "slug"),
        ({"header_name": "Host"}, "header_name"),
        ({"header_name": "X: y"}, "header_name"),
        ({"auth": "basic"}, "auth"),
    ],
)
def test_what_a_source_must_not_be_is_refused(api, ada, fields, place):
    reply = api.as_(ada).post("/api/tools/sources/", json=SOURCE | fields)

    assert reply.status_code == 422
    assert reply.json["detail"][0]["loc"][-1] == place
    assert db.session.query(ToolSource).count() == 1


def test_private_addresses_are_allowed_where_source_and_installation_say_so(api, ada, clean_app, monkeypatch):
    local = SOURCE | {"url": "http://127.0.0.1:9/", "allow_private": True}
    taken = api.as_(ada).post("/api/tools/sources/", json=local)
    strict = replace(clean_app.config["HELIX"], allow_private_tool_addresses=False)
    monkeypatch.setitem(clean_app.config, "HELIX", strict)

    refused = api.as_(ada).post("/api/tools/sources/", json=local | {"slug": "other"})
    back = api.as_(ada).patch(f"/api/tools/sources/{taken.json['id']}", json={"allow_private": False})

    assert (taken.status_code, refused.status_code) == (201, 422)
    assert refused.json["detail"][0]["loc"][-1] == "allow_private"
    assert back.json["detail"][0]["loc"][-1] == "url"


def test_a_slug_is_taken_once(api, ada, source):
    assert api.as_(ada).post("/api/tools/sources/", json=SOURCE).status_code == 409
    assert api.as_(ada).post("/api/tools/sources/", json=SOURCE | {"slug": "helix"}).status_code == 409


def test_an_api_token_does_not_change_where_a_secret_goes(api, ada, source):
    _row, token = accounts.create_api_token(as_actor(ada), name="x")
    path, client = f"/api/tools/sources/{source['id']}", api.with_token(token)

    changes = [{"url": "https://evil.example/"}, {"secret": "x"}, {"allow_private": True}, {"header_name": "X-Key"}]

    assert {client.patch(path, json=change).status_code for change in changes} == {403}
    assert client.patch(path, json={"enabled": False}).json["enabled"] is False


def test_the_built_in_source_is_only_switched_on_and_off(api, ada, make):
    client = api.as_(ada)
    (builtin,) = client.get("/api/tools/sources/").json
    path = f"/api/tools/sources/{builtin['id']}"

    refused = [client.patch(path, json={"url": "https://x.example/"}), client.delete(path)]
    off = client.patch(path, json={"enabled": False})

    assert [reply.status_code for reply in refused] == [409, 409]
    assert (off.json["enabled"], off.json["kind"], off.json["tool_count"]) == (False, "builtin", len(BUILTIN))
    assert not any(tool["usable"] for tool in tools_of(client, make.agent())[0].values())


def test_a_deleted_source_takes_its_tools_and_grants_along(api, ada, source, tool, make):
    sierra, client = make.agent(), api.as_(ada)
    client.put(f"/api/agents/{sierra.id}/tools", json={"grants": [{"tool": "crm__send_mail", "policy": "off"}]})

    gone = client.delete(f"/api/tools/sources/{source['id']}")

    assert gone.status_code == 204
    assert db.session.query(AgentTool).count() == 0
    assert "crm__send_mail" not in {found["name"] for found in client.get("/api/tools/").json}


def test_several_tools_are_accepted_and_each_has_an_outcome(api, ada, source, tool):
    shown = api.as_(ada).get(f"/api/tools/{tool.id}").json
    builtin = next(one for one in api.as_(ada).get("/api/tools/").json if one["name"] == "save_file")
    wanted = [
        {"id": tool.id, "definition": shown["definition"], "effect": "destructive"},
        {"id": builtin["id"], "definition": builtin["definition"]},
        {"id": 9999, "definition": shown["definition"]},
    ]

    results = api.as_(ada).post("/api/tools/accept", json={"tools": wanted}).json["results"]

    assert [one["status"] for one in results] == [200, 409, 404]
    assert (results[0]["tool"]["status"], results[0]["tool"]["effect"]) == ("accepted", "destructive")
    assert "Built-in tools" in results[1]["detail"]
    assert results[2]["tool"] is None


def test_a_tool_is_taken_away_from_all_agents(api, ada, make, tool):
    client, sierra = api.as_(ada), make.agent("Sierra")
    shown = client.get(f"/api/tools/{tool.id}").json
    client.post(f"/api/tools/{tool.id}/accept", json={"definition": shown["definition"]})
    grant = {"tool": "crm__send_mail", "policy": "allow"}
    client.put(f"/api/agents/{sierra.id}/tools", json={"grants": [grant]})
    granted = client.get(f"/api/tools/{tool.id}").json["agents"]

    off = client.post(f"/api/tools/{tool.id}/off").json
    again = client.post(f"/api/tools/{tool.id}/off").json

    assert granted == [{"agent_id": sierra.id, "name": "Sierra", "policy": "allow"}]
    assert (off["default_policy"], off["agents"]) == ("off", [])
    assert again == off
    assert db.session.query(Activity).filter_by(action="tool.switched_off").one().details == {"grants_ended": 1}
    assert tools_of(client, sierra)[0]["crm__send_mail"]["policy"] == "off"


def test_built_in_tools_are_switched_off_by_agent(api, ada):
    builtin = next(one for one in api.as_(ada).get("/api/tools/").json if one["name"] == "save_file")

    assert api.as_(ada).post(f"/api/tools/{builtin['id']}/off").status_code == 409


def test_what_cannot_be_refreshed_or_connected_is_told(api, ada, source):
    client = api.as_(ada)
    (builtin,) = [one for one in client.get("/api/tools/sources/").json if one["kind"] == "builtin"]

    assert client.post(f"/api/tools/sources/{builtin['id']}/refresh").status_code == 409
    assert client.post("/api/tools/sources/9999/refresh").status_code == 404
    assert client.post(f"/api/tools/sources/{source['id']}/refresh").status_code == 503
    refused = client.post(f"/api/tools/sources/{source['id']}/connect", json={})
    assert (refused.status_code, "does not use OAuth" in refused.json["detail"]) == (409, True)


def test_a_source_is_connected_by_the_person_who_began_it(api, pages, ada):
    with AuthorizationServer() as server:
        body = SOURCE | {"url": server.url, "auth": "oauth", "allow_private": True, "secret": None}
        made = api.as_(ada).post("/api/tools/sources/", json=body).json
        path = f"/api/tools/sources/{made['id']}"

        begun = api.as_(ada).post(f"{path}/connect", json={}).json
        pages.as_(ada).get(server.callback(begun["address"]))

    connected = api.as_(ada).get(path).json
    assert (made["oauth_state"], connected["oauth_state"]) == ("none", "connected")
    assert connected["oauth_expires_at"]
    assert "canary" not in str(connected)
    assert api.as_(ada).delete(f"{path}/connect").json["oauth_state"] == "none"
    actions = {entry.action for entry in db.session.query(Activity)}
    assert {"tool.source_connected", "tool.source_disconnected"} <= actions
