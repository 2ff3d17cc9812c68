"""The built-in tools in the database are those of the code."""

import threading

import jsonschema
import pytest
from sqlalchemy import func, select, update

from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import Tool, ToolSource
from helix.models.vocabulary import ToolEffect, ToolPolicy, ToolStatus
from helix.services import tools
from helix.services.tools import definitions
from helix.services.tools.definitions import BUILTIN, definition_hash
from helix.services.tools.execute import HANDLERS
from tests.support import backing_services


def stored(name):
    return db.session.scalars(select(Tool).where(Tool.name == name).execution_options(populate_existing=True)).one()


def test_syncing_twice_changes_nothing(clean_app):
    before = {tool.name: (tool.id, tool.definition_hash, tool.accepted_at) for tool, _source in tools.tools()}

    tools.sync_builtin()

    after = {tool.name: (tool.id, tool.definition_hash, tool.accepted_at) for tool, _source in tools.tools()}
    assert after == before
    assert set(after) == {tool.name for tool in BUILTIN}


def test_a_changed_definition_is_corrected_and_a_tool_without_code_is_gone(clean_app):
    with transaction():
        source_id = db.session.scalar(select(ToolSource.id))
        db.session.execute(update(Tool).where(Tool.name == "save_file").values(description="Old", sends_out=True))
        db.session.add(
            Tool(source_id=source_id, name="juggle", input_schema={}, definition_hash="", effect=ToolEffect.READ)
        )

    tools.sync_builtin()

    saved = stored("save_file")
    assert saved.description != "Old"
    assert not saved.sends_out
    assert saved.definition_hash == definition_hash(saved.name, saved.description, saved.input_schema)
    assert stored("juggle").status == ToolStatus.GONE


def test_a_tool_whose_package_is_missing_is_gone_until_it_is_installed(clean_app, monkeypatch):
    assert stored("calculate").default_policy == ToolPolicy.ALLOW
    monkeypatch.setattr(definitions, "find_spec", lambda name: None)

    tools.sync_builtin()

    assert "calculate" not in {tool.name for tool, _source in tools.tools()}
    monkeypatch.undo()
    tools.sync_builtin()
    assert stored("calculate").status == ToolStatus.ACCEPTED


def test_migrating_stores_the_tools_of_this_version(clean_app):
    with transaction():
        db.session.execute(db.delete(ToolSource))

    backing_services.migrate(clean_app)

    assert {tool.name for tool, _source in tools.tools()} == {tool.name for tool in BUILTIN}


def test_several_processes_may_sync_at_once(clean_app):
    with transaction():
        db.session.execute(db.delete(ToolSource))
    problems = []

    def sync():
        try:
            with clean_app.app_context():
                tools.sync_builtin()
        except Exception as error:  # noqa: BLE001 - reported by the assertion
            problems.append(error)

    threads = [threading.Thread(target=sync) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert problems == []
    assert db.session.scalar(select(func.count(Tool.id))) == len(BUILTIN)
    assert db.session.scalar(select(func.count(ToolSource.id))) == 1


@pytest.mark.parametrize("tool", BUILTIN, ids=lambda tool: tool.name)
def test_every_definition_is_a_schema_and_has_a_handler(tool):
    jsonschema.Draft202012Validator.check_schema(tool.parameters)

    # The task says what may be handed in.
    assert tool.name == "hand_in" or tool.parameters["additionalProperties"] is False
    assert tool.name in HANDLERS or tool.name in ("ask_person", "save_file")


def test_nothing_that_writes_is_repeatable_or_allowed_beyond_files():
    writing = {tool.name: tool for tool in BUILTIN if tool.effect != ToolEffect.READ}

    assert {name for name, tool in writing.items() if tool.repeatable} == set()
    assert {name for name, tool in writing.items() if tool.default_policy == ToolPolicy.ALLOW} == {
        "save_file",
        "hand_in",
        "report_nothing",
    }


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"name": "a.md", "text": "x"}, None),
        ({"name": "a.md"}, "'text' is a required property"),
        ({"name": 3, "text": "x"}, "name: 3 is not of type 'string'"),
        ({"name": "a.md", "text": "x", "folder": "/"}, "folder"),
        (None, "one JSON object"),
    ],
)
def test_arguments_are_checked_by_the_schema_and_the_field_is_named(clean_app, arguments, words):
    problem = tools.check_arguments(stored("save_file").input_schema, arguments)

    assert problem is None if words is None else words in problem


def test_the_problem_does_not_repeat_a_long_value(clean_app):
    problem = tools.check_arguments(stored("save_file").input_schema, {"name": ["x" * 10_000], "text": "x"})

    assert len(problem) <= 500
