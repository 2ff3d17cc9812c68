"""Registration, the code flow with PKCE, and renewal, against an authorization server on this machine."""

from urllib.parse import parse_qs, urlsplit

import pytest

from helix import oauth
from tests.support.authorization_server import CLIENT_ID, CLIENT_SECRET, AuthorizationServer

BACK = "http://127.0.0.1:8000/settings/tools/oauth"


@pytest.fixture
def server():
    with AuthorizationServer() as found:
        yield found


@pytest.fixture
def resource(server):
    return oauth.discover(server.url, allow_private=True)


def registered(resource):
    return oauth.register(resource.server, BACK, allow_private=True)


def exchanged(server, resource, client, **changes):
    begun = oauth.begin(resource, client, BACK)
    code = server.allow(begun.address)["code"]
    return oauth.exchange(
        resource, client, **{"code": code, "verifier": begun.verifier, "redirect_uri": BACK} | changes
    )


def test_a_registered_client_gets_tokens_for_the_resource_alone(server, resource):
    client = registered(resource)

    tokens = exchanged(server, resource, client)

    assert client.client_secret is None
    assert tokens.access_token in server.valid
    assert tokens.refresh_token in server.refresh_tokens
    assert server.forms[-1]["resource"] == server.url
    asked = parse_qs(urlsplit(oauth.begin(resource, client, BACK).address).query)
    assert asked["scope"] == ["mail files"]


@pytest.mark.parametrize("methods", [["client_secret_basic"], ["client_secret_post"]])
def test_a_client_with_a_secret_authenticates_as_the_server_wants_it(server, methods):
    server.auth_methods = methods
    resource = oauth.discover(server.url, allow_private=True)
    client = registered(resource)

    tokens = exchanged(server, resource, client)

    assert (client.method, bool(client.client_secret)) == (methods[0], True)
    assert ("client_secret" in server.forms[-1]) == (methods[0] == "client_secret_post")
    assert tokens.access_token in server.valid


def test_a_client_that_was_entered_by_hand(server, resource):
    tokens = exchanged(server, resource, oauth.known_client(resource.server, CLIENT_ID, CLIENT_SECRET))

    assert tokens.access_token in server.valid
    assert "/register" not in server.asked


def test_without_registration_the_message_says_what_to_register(server):
    server.registers = False
    resource = oauth.discover(server.url, allow_private=True)

    with pytest.raises(oauth.OAuthFailed, match=BACK):
        registered(resource)


def test_a_code_without_its_verifier_is_worth_nothing(server, resource):
    with pytest.raises(oauth.OAuthFailed, match="invalid_grant"):
        exchanged(server, resource, registered(resource), verifier="another" * 10)

    assert server.valid == set()


def test_a_renewal_keeps_the_refresh_token_that_a_server_does_not_replace(server, resource):
    client = registered(resource)
    first = exchanged(server, resource, client)

    second = oauth.renew(resource, client, first.refresh_token)

    assert second.access_token != first.access_token
    assert second.refresh_token != first.refresh_token


def test_a_revoked_grant_has_an_error_of_its_own_without_words_of_the_server(server, resource):
    client = registered(resource)
    tokens = exchanged(server, resource, client)
    server.revoked = True

    with pytest.raises(oauth.GrantEnded) as refused:
        oauth.renew(resource, client, tokens.refresh_token)

    assert "invalid_grant" in refused.value.message
    assert "canary" not in refused.value.message


@pytest.mark.parametrize("issuer", [None, "https://other.example"])
def test_a_response_of_another_issuer_is_refused(resource, issuer):
    with pytest.raises(oauth.OAuthFailed, match="another authorization server"):
        oauth.check_issuer(resource.server, issuer)


def test_a_server_that_never_names_itself_need_not(server):
    server.metadata = {"authorization_response_iss_parameter_supported": False}
    found = oauth.discover(server.url, allow_private=True)

    oauth.check_issuer(found.server, None)
    with pytest.raises(oauth.OAuthFailed):
        oauth.check_issuer(found.server, "https://other.example")
