"""What `helix doctor` says about MCP servers."""

import sys
from dataclasses import replace

import pytest

from helix import mcp
from helix.db.transaction import end_reading, transaction
from helix.doctor import tools as checks
from helix.extensions import db
from helix.models import Tool, ToolSource
from helix.models.vocabulary import ToolEffect, ToolStatus
from helix.services import tools
from tests.support.tool_sources import add_source

CLOCK = f"servers:\n  - {{id: clock, command: '{sys.executable}'}}"


@pytest.fixture
def examine(clean_app, tmp_path, monkeypatch):
    """The findings of the checks with this TOOLS_FILE, as (level, what)."""
    file = tmp_path / "tools.yaml"

    def examine(text=None):
        settings = replace(clean_app.config["HELIX"], tools_file=file if text is not None else None)
        file.write_text(text or "")
        monkeypatch.setitem(clean_app.config, "HELIX", settings)
        end_reading()
        return [(found.level, found.what) for check in checks.CHECKS for found in check(settings)]

    return examine


def test_without_servers_nothing_is_said(examine):
    assert examine() == []


@pytest.mark.parametrize("why", [None, "bubblewrap (bwrap) is not installed"])
def test_a_good_file_is_counted_and_the_sandbox_named(examine, monkeypatch, why):
    monkeypatch.setattr(mcp, "why_no_sandbox", lambda: why)

    found = examine(CLOCK)

    assert found[0] == ("ok", "TOOLS_FILE: 1 server")
    (level, what) = found[1]
    assert level == ("warning" if why else "ok")
    assert (why or "in bubblewrap") in what


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("servers: [", "is no YAML"),
        ("servers:\n  - {id: clock, command: no-such-program-anywhere}", "no-such-program-anywhere"),
        (CLOCK.replace("}", ", environment: [NO_SUCH_VARIABLE]}"), "NO_SUCH_VARIABLE"),
    ],
)
def test_what_is_wrong_with_the_file_is_named(examine, text, words):
    (level, what) = examine(text)[0]

    assert level == "error"
    assert words in what


def test_an_id_that_is_taken_is_named(examine, ada):
    add_source(ada, slug="clock")

    assert ("error", "TOOLS_FILE: the id clock belongs to a server with an address.") in examine(CLOCK)


def test_a_host_without_the_file_is_told_that_others_have_one(examine):
    examine(CLOCK)
    tools.sync_tools_file()

    (level, what) = examine()[0]

    assert (level, "TOOLS_FILE is not set here" in what) == ("warning", True)


def test_sources_that_need_an_admin_are_named(examine, ada):
    add_source(ada, slug="mail", auth="oauth")
    source = add_source(ada, slug="crm")
    with transaction():
        db.session.get_one(ToolSource, source.id).refresh_error = "It answered with 500."
        changed = Tool(source_id=source.id, name="a", input_schema={}, definition_hash="", effect=ToolEffect.READ)
        changed.status = ToolStatus.CHANGED
        db.session.add(changed)

    assert [what for _level, what in examine()] == [
        "The tool source mail is not connected.",
        "The tool source crm: It answered with 500.",
        "1 tool is switched off because the definition has changed.",
    ]
