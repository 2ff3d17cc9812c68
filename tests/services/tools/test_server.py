"""The server of a source with an address: its secret and limits."""

from dataclasses import replace

import pytest
from cryptography.fernet import Fernet

from helix.extensions import db
from helix.models import ToolSource
from helix.services import tools
from helix.services.tools.context import ToolFailed
from tests.support.tool_sources import add_source

SECRET = "Bearer canary-of-a-crm-9876"


def test_the_secret_goes_into_its_header_and_nowhere_else(ada):
    source = add_source(ada, auth="header", header_name="X-Api-Key", secret=SECRET, timeout_seconds=9)

    server = tools.server_of(source.id)

    assert server.headers == {"X-Api-Key": SECRET}
    assert (server.slug, server.url, server.timeout_seconds) == ("crm", "https://mcp.example.com/mcp", 9)
    assert "canary" not in repr(server)


def test_without_authentication_no_header_is_sent(ada):
    assert tools.server_of(add_source(ada).id).headers == {}


def test_a_private_address_needs_the_source_and_the_installation(clean_app, ada, monkeypatch):
    source = add_source(ada, url="http://127.0.0.1:9/mcp", allow_private=True)
    assert tools.server_of(source.id).allow_private

    strict = replace(clean_app.config["HELIX"], allow_private_tool_addresses=False)
    monkeypatch.setitem(clean_app.config, "HELIX", strict)
    assert not tools.server_of(source.id).allow_private


def test_a_lost_key_is_told(clean_app, ada, monkeypatch):
    source = add_source(ada, auth="header", secret=SECRET)
    other = replace(clean_app.config["HELIX"], encryption_keys=(Fernet.generate_key().decode(),))
    monkeypatch.setitem(clean_app.config, "HELIX", other)

    with pytest.raises(ToolFailed, match="enter it again"):
        tools.server_of(source.id)


def test_what_has_no_server_is_told(clean_app):
    builtin = db.session.query(ToolSource).filter_by(slug="helix").one()

    with pytest.raises(ToolFailed, match="no server"):
        tools.server_of(builtin.id)
    with pytest.raises(ToolFailed, match="deleted"):
        tools.server_of(9999)
