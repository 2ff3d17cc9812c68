"""Which authorization server protects an MCP server: what is believed of what it says, and what is not."""

import pytest

from helix import oauth
from tests.support.authorization_server import AuthorizationServer


@pytest.fixture
def server():
    with AuthorizationServer() as found:
        yield found


def discovered(server):
    return oauth.discover(server.url, allow_private=True)


def test_the_endpoints_are_found_from_the_address_alone(server):
    found = discovered(server)

    assert found.identifier == server.url
    assert found.server.issuer == server.issuer
    assert found.server.token_endpoint == f"{server.origin}/token"
    assert found.server.registration_endpoint == f"{server.origin}/register"
    assert found.scope == "mail files"


def test_a_server_that_names_no_metadata_is_asked_at_the_well_known_address(server):
    server.names_metadata = False

    assert discovered(server).server.issuer == server.issuer


def test_a_resource_may_be_a_part_of_the_address(server):
    server.resource_metadata = {"resource": f"{server.origin}/"}

    assert discovered(server).identifier == f"{server.origin}/"


@pytest.mark.parametrize(
    ("resource", "metadata", "words"),
    [
        ({"resource": "https://other.example/mcp"}, {}, "another one"),
        ({"authorization_servers": []}, {}, "does not say which"),
        ({"authorization_servers": ["file:///etc/passwd"]}, {}, "cannot be used"),
        ({}, {"issuer": "https://other.example"}, "another name"),
        ({}, {"code_challenge_methods_supported": ["plain"]}, "PKCE"),
        ({}, {"code_challenge_methods_supported": None}, "PKCE"),
        ({}, {"token_endpoint": "javascript:alert(1)"}, "endpoints"),
        ({}, {"authorization_endpoint": None}, "endpoints"),
    ],
)
def test_a_server_that_contradicts_itself_is_not_connected(server, resource, metadata, words):
    server.resource_metadata, server.metadata = resource, metadata

    with pytest.raises(oauth.OAuthFailed, match=words):
        discovered(server)


def test_a_resource_that_only_begins_like_the_address_is_another_one(server):
    server.resource_metadata = {"resource": f"{server.origin}/mc"}

    with pytest.raises(oauth.OAuthFailed, match="another one"):
        discovered(server)


def test_without_an_authorization_server_the_message_names_the_alternative(server):
    server.has_metadata = server.names_metadata = False

    with pytest.raises(oauth.OAuthFailed, match="header with a secret"):
        discovered(server)


def test_private_addresses_are_refused_without_permission(server):
    with pytest.raises(oauth.OAuthFailed, match="private addresses are not allowed"):
        oauth.discover(server.url)

    assert server.asked == []
