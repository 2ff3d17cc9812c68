"""Importing agents from Markdown files and archives."""

import io

import pytest

from helix.extensions import db
from helix.models import Activity, Agent, Department
from helix.services.agent_import import importing
from tests.support.skill_files import packed


def definition(name, text="Be kind.", **keys):
    head = "".join(f"{key}: {value}\n" for key, value in keys.items())
    return f"---\nname: {name}\ndescription: Does {name}. And more.\n{head}---\n\n{text}\n"


REPOSITORY = {
    "agents-main/README.md": "# About",
    "agents-main/engineering/reviewer.md": definition("reviewer", model="sonnet", tools="Read"),
    "agents-main/design/ui.md": definition("ui"),
    "agents-main/skills/pdf/SKILL.md": definition("pdf"),
    "agents-main/skills/pdf/forms.md": definition("forms"),
    "agents-main/commands/fix.md": "---\ndescription: Fix\nargument-hint: x\n---\nFix.",
    "agents-main/design/empty.md": "---\nname: empty\n---\n",
}


def send(api, user, content, name="agents.zip", **fields):
    content = content.encode() if isinstance(content, str) else content
    return api.as_(user).post("/api/agents/import", data={"file": (io.BytesIO(content), name)} | fields)


def lines(reply):
    assert reply.status_code == 200, reply.json
    return {line["source"].rpartition("/")[2]: line for line in reply.json["agents"]}


def names():
    db.session.expire_all()
    return sorted(agent.name for agent in db.session.query(Agent))


def test_one_definition_becomes_an_agent_with_notes(api, ada, mia, make):
    model = make.model(model_name="claude-sonnet-4-5", display_name="Sonnet")

    reply = send(api, ada, definition("reviewer", model="sonnet", tools="Read, Grep"), name="reviewer.md")

    line = lines(reply)["reviewer.md"]
    assert (line["action"], line["ai_model_id"], line["ai_model"], line["problem"]) == (
        "create",
        model.id,
        "Sonnet",
        "",
    )
    agent = api.as_(mia).get(f"/api/agents/{line['agent_id']}").json
    assert {key: agent[key] for key in ("name", "role_title", "system_prompt", "ai_model_id", "execution_mode")} == {
        "name": "reviewer",
        "role_title": "Does reviewer",
        "system_prompt": "Be kind.",
        "ai_model_id": model.id,
        "execution_mode": "manual",
    }
    assert agent["notes"] == "Does reviewer. And more.\n\nmodel: sonnet\ntools: Read, Grep"
    assert db.session.query(Activity).filter_by(action="agent.created", entity_id=agent["id"]).count() == 1


def test_an_archive_brings_its_agents_and_nothing_else(api, ada, make):
    make.department("engineering")

    reply = send(api, ada, packed(REPOSITORY))

    found = lines(reply)
    assert {name: line["action"] for name, line in found.items()} == {
        "reviewer.md": "create",
        "ui.md": "create",
        "empty.md": "refused",
    }
    assert (found["reviewer.md"]["department"], found["ui.md"]["department"]) == ("engineering", "")
    assert "no department “Design” here" in found["ui.md"]["notes"][0]
    assert "no text below its front matter" in found["empty.md"]["problem"]
    assert "README.md" in reply.json["notes"][0]
    assert names() == ["reviewer", "ui"]


def test_departments_that_folders_name_are_made_when_asked_for(api, ada):
    reply = send(api, ada, packed(REPOSITORY), create_departments="true", readable_names="true")

    assert names() == ["Reviewer", "Ui"]
    assert {row.name for row in db.session.query(Department)} >= {"Engineering", "Design"}
    assert lines(reply)["ui.md"]["department_id"] is not None


def test_one_department_may_be_chosen_for_all(api, ada, make):
    home = make.department("Lab")

    found = lines(send(api, ada, packed(REPOSITORY), department_id=str(home.id)))

    assert {line["department_id"] for line in found.values() if line["agent_id"]} == {home.id}
    assert send(api, ada, packed(REPOSITORY), department_id="999").json["agents"][0]["action"] == "refused"


def test_a_dry_run_says_what_would_happen_and_some_can_be_chosen(api, ada):
    dry = send(api, ada, packed(REPOSITORY), dry_run="true", create_departments="true")
    chosen = lines(dry)["ui.md"]["source"]
    before = names()

    reply = send(api, ada, packed(REPOSITORY), only=[chosen])

    assert (before, dry.json["dry_run"], lines(dry)["ui.md"]["department"]) == ([], True, "Design")
    assert db.session.query(Department).filter_by(name="Design").count() == 0
    assert list(lines(reply)) == ["ui.md"]
    assert names() == ["ui"]


@pytest.mark.parametrize(
    ("choice", "action", "after", "prompt"),
    [
        ({}, "skip", ["Reviewer"], "Old."),
        ({"on_conflict": "rename"}, "rename", ["Reviewer", "reviewer (2)"], "Old."),
        ({"on_conflict": "update"}, "update", ["Reviewer"], "Be kind."),
    ],
)
def test_a_name_that_is_taken_is_skipped_renamed_or_updated_by_choice(api, ada, choice, action, after, prompt):
    made = api.as_(ada).post(
        "/api/agents/", json={"name": "Reviewer", "system_prompt": "Old.", "max_output_tokens": 99}
    )
    there = made.json["id"]

    line = lines(send(api, ada, definition("reviewer"), name="a.md", **choice))["a.md"]

    assert (line["action"], line["existing_agent_id"]) == (action, there)
    assert names() == after
    agent = api.as_(ada).get(f"/api/agents/{there}").json
    assert (agent["system_prompt"], agent["max_output_tokens"]) == (prompt, 99)


@pytest.mark.parametrize("choice", ["skip", "update"])
def test_a_persons_name_is_never_taken_and_the_second_of_two_is_skipped(api, ada, mia, choice):
    archive = packed(
        {"a/x.md": definition("Twin", "One."), "b/x.md": definition("twin", "Two."), "m.md": definition(mia.name)}
    )

    reply = send(api, ada, archive, on_conflict=choice)

    assert [line["action"] for line in reply.json["agents"]] == ["create", "skip", "skip"]
    assert [agent.system_prompt for agent in db.session.query(Agent)] == ["One."]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("opus", "claude-opus-4-1"),
        ("Sonnet", "claude-sonnet-4-5"),
        ("gpt-4o", "gpt-4o"),
        ("openai/gpt-4o", "gpt-4o"),
        ("anthropic/claude-sonnet-4-5", "claude-sonnet-4-5"),
        ("inherit", None),
        ("haiku", None),
    ],
)
def test_models_are_found_by_name_among_those_that_are_active(api, ada, make, wanted, found):
    for name in ("gpt-4o-mini", "gpt-4o", "claude-opus-4-1", "claude-sonnet-4-5"):
        make.model(provider="openai", model_name=name, display_name=name, is_default=False)
    make.model(provider="openai", model_name="claude-haiku", display_name="Haiku", is_active=False, is_default=False)

    line = lines(send(api, ada, definition("x", model=wanted), name="x.md"))["x.md"]

    assert line["ai_model"] == found
    assert bool(line["notes"]) == (wanted == "haiku")


def test_one_that_is_refused_keeps_no_other_back(api, ada):
    archive = packed(
        {"long.md": definition("x" * 81), "prompt.md": definition("y", "z" * 100_001), "good.md": definition("ok")}
    )

    found = lines(send(api, ada, archive))

    assert {name: line["action"] for name, line in found.items()} == {
        "long.md": "refused",
        "prompt.md": "refused",
        "good.md": "create",
    }
    assert "name cannot be used" in found["long.md"]["problem"]


def test_a_hundred_definitions_come_in_at_once(api, ada):
    archive = packed(
        {f"agents-main/team-{n % 5}/agent-{n}.md": definition(f"agent-{n}", "x" * 35_000) for n in range(100)}
    )

    reply = send(api, ada, archive, create_departments="true")

    assert {line["action"] for line in reply.json["agents"]} == {"create"}
    assert db.session.query(Agent).count() == 100


def test_several_files_come_in_one_request(api, ada):
    files = [(io.BytesIO(definition(name).encode()), f"{name}.md") for name in ("a", "b", "c")]

    reply = api.as_(ada).post("/api/agents/import", data={"file": files})

    assert names() == ["a", "b", "c"]
    assert reply.json["dry_run"] is False


def test_what_is_no_upload_or_a_damaged_archive_is_refused(api, ada, mia, monkeypatch):
    post = api.as_(ada).post

    assert post("/api/agents/import", json={"file": "x"}).status_code == 415
    assert post("/api/agents/import", data={}, content_type="multipart/form-data").status_code == 422
    assert send(api, ada, b"PK\x03\x04 damaged").status_code == 422
    assert send(api, ada, packed({"../x.md": definition("x")})).status_code == 422
    assert send(api, ada, definition("x"), on_conflict="replace").status_code == 422
    assert send(api, ada, definition("x"), more="x").status_code == 422
    assert send(api, mia, definition("x")).status_code == 403
    monkeypatch.setattr(importing, "MAX_AGENTS", 1)
    assert send(api, ada, packed(REPOSITORY)).status_code == 413
    assert names() == []


def test_notes_of_an_agent_are_written_and_never_sent(api, ada):
    made = api.as_(ada).post("/api/agents/", json={"name": "A", "notes": "tools: Read"}).json
    changed = api.as_(ada).patch(f"/api/agents/{made['id']}", json={"notes": "New"}).json

    assert (made["notes"], changed["notes"]) == ("tools: Read", "New")
    assert api.as_(ada).patch(f"/api/agents/{made['id']}", json={"notes": "x" * 20_001}).status_code == 422
