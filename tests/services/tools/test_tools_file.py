"""TOOLS_FILE: what it may say, and the rows that are kept equal to it."""

import logging
import sys
from dataclasses import replace

import pytest

from helix.db.transaction import end_reading, transaction
from helix.extensions import db
from helix.mcp import StdioServer
from helix.models import Tool, ToolSource
from helix.models.vocabulary import ToolEffect, ToolStatus
from helix.services import tools
from helix.services.tools import tools_file
from helix.services.tools.context import ToolFailed
from helix.services.tools.tools_file import ToolsFileError
from tests.support.tool_sources import add_source

CLOCK = f"""
servers:
  # Comments are allowed, which is why this is YAML.
  - id: clock
    title: Clock
    command: {sys.executable}
    args: ["-m", "mcp_server_time", "--local-timezone=Europe/Berlin"]
    environment: [CLOCK_TOKEN]
    timeout_seconds: 20
"""


@pytest.fixture
def write(clean_app, tmp_path, monkeypatch):
    """Writes TOOLS_FILE and returns its path."""
    file = tmp_path / "tools.yaml"
    monkeypatch.setitem(clean_app.config, "HELIX", replace(clean_app.config["HELIX"], tools_file=file))

    def write(text):
        file.write_text(text)
        return file

    return write


def source(slug="clock"):
    end_reading()
    return db.session.query(ToolSource).filter_by(slug=slug).one_or_none()


def add_tool(of):
    tool = Tool(source_id=of.id, name="now", input_schema={}, definition_hash="", effect=ToolEffect.READ)
    tool.status = ToolStatus.ACCEPTED
    with transaction():
        db.session.add(tool)
    return tool


def test_the_servers_of_the_file_become_sources(write):
    write(CLOCK)

    tools.sync_tools_file()
    tools.sync_tools_file()

    found = source()
    assert (found.kind, found.title, found.timeout_seconds, found.url) == ("mcp_stdio", "Clock", 20, None)
    assert db.session.query(ToolSource).count() == 2


def test_a_file_in_json_is_read_as_well(write):
    write('{"servers": [{"id": "clock", "command": "true"}]}')

    assert list(tools_file.servers()) == ["clock"]


def test_a_changed_entry_changes_its_row(write):
    write(CLOCK)
    tools.sync_tools_file()
    write(CLOCK.replace("Clock", "Wall clock").replace("20", "5"))

    tools.sync_tools_file()

    assert (source().title, source().timeout_seconds) == ("Wall clock", 5)


def test_a_server_that_left_the_file_keeps_its_row_and_loses_its_tools(write):
    write(CLOCK)
    tools.sync_tools_file()
    tool = add_tool(source())
    write("servers: []")

    tools.sync_tools_file()

    assert source().refresh_error == tools_file.LEFT
    assert source().enabled
    assert db.session.get_one(Tool, tool.id).status == ToolStatus.GONE
    with pytest.raises(ToolFailed, match="not in TOOLS_FILE any more"):
        tools.server_of(source().id)

    write(CLOCK)
    tools.sync_tools_file()

    assert source().refresh_error is None


def test_without_the_setting_nothing_changes(clean_app, write, monkeypatch):
    write(CLOCK)
    tools.sync_tools_file()
    tool = add_tool(source())
    monkeypatch.setitem(clean_app.config, "HELIX", replace(clean_app.config["HELIX"], tools_file=None))

    tools.sync_tools_file()

    assert source().refresh_error is None
    assert db.session.get_one(Tool, tool.id).status == ToolStatus.ACCEPTED
    with pytest.raises(ToolFailed, match="TOOLS_FILE is not set"):
        tools.server_of(source().id)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("servers:\n  - id: [", "line 2"),
        ("- id: clock", "Input should be"),
        ("servers:\n  - id: clock", "servers.0.command"),
        ("servers:\n  - id: Clock Tower\n    command: x", "small letters"),
        ("servers:\n  - {id: clock, command: x}\n  - {id: clock, command: y}", "clock is there twice"),
        ("servers:\n  - {id: helix, command: x}", "belongs to the built-in tools"),
        ("servers:\n  - {id: clock, command: x, shell: true}", "servers.0.shell"),
        ("servers:\n  - {id: clock, command: x, args: [8080]}", "servers.0.args.0"),
        ("servers:\n  - {id: clock, command: x, environment: [SECRET_KEY]}", "never handed on"),
        ("servers:\n  - {id: clock, command: x, environment: ['A=b']}", "name of an environment variable"),
        ("servers: !!python/object/apply:os.system [id]", "tags"),
    ],
)
def test_a_broken_file_is_told_and_takes_nothing_away(write, caplog, text, words):
    write(CLOCK)
    tools.sync_tools_file()
    tool = add_tool(source())
    file = write(text)

    with caplog.at_level(logging.ERROR):
        tools.sync_tools_file()

    with pytest.raises(ToolsFileError, match=str(file)) as told:
        tools_file.servers()
    assert words in str(told.value)
    assert words in caplog.text
    assert source().refresh_error is None
    assert db.session.get_one(Tool, tool.id).status == ToolStatus.ACCEPTED


def test_a_missing_file_is_told(write):
    file = write("")
    file.unlink()

    with pytest.raises(ToolsFileError, match="No such file"):
        tools_file.servers()


def test_an_id_of_a_server_with_an_address_is_not_taken_over(write, ada, caplog):
    add_source(ada, slug="clock")
    write(CLOCK)

    with caplog.at_level(logging.ERROR):
        tools.sync_tools_file()

    assert source().kind == "mcp_http"
    assert "clock belongs to another source" in caplog.text


def test_a_program_gets_the_variables_that_are_named_and_no_others(write, monkeypatch):
    write(CLOCK)
    tools.sync_tools_file()
    monkeypatch.setenv("CLOCK_TOKEN", "canary-of-a-clock")

    server = tools.server_of(source().id)

    assert isinstance(server, StdioServer)
    assert (server.slug, server.command, server.timeout_seconds) == ("clock", sys.executable, 20)
    assert server.args[-1] == "--local-timezone=Europe/Berlin"
    assert server.environment == {"CLOCK_TOKEN": "canary-of-a-clock"}
    assert "canary" not in repr(server)


def test_a_variable_or_program_that_is_not_there_is_named(write):
    write(CLOCK)
    tools.sync_tools_file()
    with pytest.raises(ToolFailed, match="CLOCK_TOKEN"):
        tools.server_of(source().id)

    write("servers:\n  - {id: clock, command: no-such-program-anywhere}")
    with pytest.raises(ToolFailed, match="no-such-program-anywhere"):
        tools.server_of(source().id)
