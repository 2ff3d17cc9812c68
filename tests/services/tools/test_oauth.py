"""The connection of a source: tokens are encrypted, renewed once by many, and end in words."""

import re
import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.fernet import Fernet

from helix import clock
from helix.db.transaction import end_reading, transaction
from helix.errors import Forbidden
from helix.extensions import db
from helix.mcp import HttpServer
from helix.models import ToolSource
from helix.models.vocabulary import Role
from helix.oauth import OAuthFailed
from helix.oauth import client as oauth_client
from helix.outgoing import Limits
from helix.policies.actor import SYSTEM
from helix.services import accounts, secrets, tools
from helix.services.tools import oauth, sources
from helix.services.tools.context import ToolFailed
from tests.support.authorization_server import CLIENT_ID, CLIENT_SECRET, AuthorizationServer
from tests.support.people import as_actor
from tests.support.tool_sources import add_source


@pytest.fixture
def server():
    with AuthorizationServer() as found:
        yield found


@pytest.fixture
def source(server, ada):
    return add_source(ada, url=server.url, auth="oauth", allow_private=True)


def come_back(server, actor, begun, **changes):
    query = server.allow(begun.address)
    values = {
        "state": query["state"],
        "code": query.get("code"),
        "error": query.get("error"),
        "issuer": query["iss"],
        "session_state": begun.state,
    }
    return tools.finish_connecting(actor, **values | changes)


@pytest.fixture
def connected(server, source, ada):
    come_back(server, as_actor(ada), tools.connect(as_actor(ada), source.id))
    return source


def present(source):
    end_reading()
    return db.session.get_one(ToolSource, source.id)


def expire(source):
    with transaction():
        db.session.get_one(ToolSource, source.id).oauth_expires_at = clock.now() + timedelta(seconds=30)


def token_of(source):
    end_reading()
    found = tools.server_of(source.id)
    assert isinstance(found, HttpServer)
    return found.headers["Authorization"].removeprefix("Bearer ")


def test_a_connected_source_is_asked_with_its_token(server, connected):
    assert token_of(connected) in server.valid
    assert oauth.state_of(present(connected)) == "connected"
    life = present(connected).oauth_expires_at - clock.now()
    assert timedelta(minutes=59) < life <= timedelta(hours=1)


def test_nothing_of_a_connection_is_stored_readably(server, connected):
    stored = present(connected).oauth_encrypted

    assert "canary" in secrets.decrypt(stored)
    assert "canary" not in stored
    assert "canary" not in repr(tools.server_of(connected.id))


def test_a_source_that_is_not_connected_says_so(source):
    assert oauth.state_of(present(source)) == "none"
    with pytest.raises(ToolFailed, match="not connected yet"):
        tools.server_of(source.id)


def test_the_token_is_renewed_before_it_ends(server, connected):
    first = token_of(connected)
    expire(connected)

    second = token_of(connected)

    assert second != first
    assert second in server.valid
    assert present(connected).oauth_expires_at > clock.now() + timedelta(minutes=50)


def test_two_workers_at_once_renew_once(clean_app, server, connected):
    server.delay = 0.3
    expire(connected)
    source_id, found = connected.id, []
    end_reading()

    def work():
        with clean_app.app_context():
            found.append(oauth.access_token(source_id))

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)

    renewals = [form for form in server.forms if form["grant_type"] == "refresh_token"]
    assert len(renewals) == 1
    assert len(found) == 4
    assert set(found) <= server.valid
    assert len(set(found)) == 1


def test_a_token_that_was_renewed_meanwhile_is_not_renewed_again(server, connected, monkeypatch):
    expire(connected)
    acquire, others = oauth.leases.acquire, []

    def after_another_process(name, holder, **more):
        if not others:
            others.append(None)
            others[0] = oauth.access_token(connected.id)
        return acquire(name, holder, **more)

    monkeypatch.setattr(oauth.leases, "acquire", after_another_process)
    end_reading()

    assert oauth.access_token(connected.id) == others[0]
    assert len([form for form in server.forms if form["grant_type"] == "refresh_token"]) == 1


def test_a_token_that_the_server_refuses_is_renewed_although_its_time_is_not_over(server, connected):
    first = token_of(connected)

    second = oauth.access_token(connected.id, rejected=first)
    third = oauth.access_token(connected.id, rejected=first)

    assert second != first
    assert third == second


def test_a_revoked_connection_asks_to_connect_again(server, connected, ada):
    server.revoked = True
    expire(connected)

    for _ in range(2):
        with pytest.raises(ToolFailed, match="Connect again"):
            token_of(connected)

    assert len([form for form in server.forms if form["grant_type"] == "refresh_token"]) == 1
    shown = present(connected)
    assert (oauth.state_of(shown), shown.refresh_error) == ("ended", oauth.CONNECT_AGAIN)
    assert "canary" not in secrets.decrypt(shown.oauth_encrypted)
    server.revoked = False
    come_back(server, as_actor(ada), tools.connect(as_actor(ada), connected.id))
    assert token_of(connected) in server.valid


def test_a_server_that_is_away_does_not_end_the_connection(server, connected):
    expire(connected)
    server.__exit__()

    with pytest.raises(ToolFailed, match="could not be renewed"):
        token_of(connected)

    assert oauth.state_of(present(connected)) == "connected"
    server.__enter__()


def test_a_state_is_good_once_and_for_whom_it_was_made(server, source, ada):
    eve = accounts.create(SYSTEM, name="Eve", email="eve@example.com", password=None, role=Role.ADMIN)
    begun = tools.connect(as_actor(ada), source.id)
    with pytest.raises(Forbidden, match="somebody else"):
        come_back(server, as_actor(eve), begun)

    come_back(server, as_actor(ada), begun)

    with pytest.raises(Forbidden, match="expired"):
        come_back(server, as_actor(ada), begun)


@pytest.mark.parametrize("state", ["", "1.", "x.y", "99999.abc", "1.abc", "9" * 40, "\ud800", "0.é"])
def test_a_state_that_nobody_made_is_refused(source, ada, state):
    with pytest.raises(Forbidden, match="another window"):
        tools.finish_connecting(as_actor(ada), state=state, code="x", error=None, issuer=None, session_state=state)


def test_a_flow_of_a_page_ends_in_the_browser_that_began_it(server, source, ada):
    begun = tools.connect(as_actor(ada), source.id, in_session=True)

    with pytest.raises(Forbidden, match="another window"):
        come_back(server, as_actor(ada), begun, session_state=None)

    assert oauth.state_of(present(source)) == "none"


def test_an_old_state_is_refused(server, source, ada, monkeypatch):
    begun = tools.connect(as_actor(ada), source.id)
    monkeypatch.setattr(oauth, "MAX_AGE_SECONDS", 0)

    with pytest.raises(Forbidden, match="expired"):
        come_back(server, as_actor(ada), begun)


def test_a_response_of_another_issuer_exchanges_nothing(server, source, ada):
    begun = tools.connect(as_actor(ada), source.id)

    with pytest.raises(OAuthFailed, match="another authorization server"):
        come_back(server, as_actor(ada), begun, issuer="https://other.example")

    assert server.forms == []


def test_a_refusal_there_is_told(server, source, ada):
    server.refuse = True
    begun = tools.connect(as_actor(ada), source.id)

    with pytest.raises(OAuthFailed, match="did not allow"):
        come_back(server, as_actor(ada), begun)


def test_a_client_that_was_entered_is_kept_for_the_next_time(server, source, ada):
    server.registers = False
    actor = as_actor(ada)
    come_back(server, actor, tools.connect(actor, source.id, client_id=CLIENT_ID, client_secret=CLIENT_SECRET))

    come_back(server, actor, tools.connect(actor, source.id))

    assert token_of(source) in server.valid


def test_a_changed_address_ends_the_connection(connected, ada):
    sources.edit(as_actor(ada), connected.id, {"url": "https://other.example/mcp"})

    assert oauth.state_of(present(connected)) == "none"
    assert present(connected).oauth_encrypted is None


def test_disconnecting_forgets_the_tokens(connected, ada):
    tools.disconnect(as_actor(ada), connected.id)

    assert present(connected).oauth_encrypted is None
    assert present(connected).oauth_expires_at is None


@pytest.mark.parametrize(
    "end",
    [
        lambda actor, source: tools.disconnect(actor, source.id),
        lambda actor, source: sources.delete(actor, source.id),
        lambda actor, source: sources.edit(actor, source.id, {"auth": "none"}),
    ],
    ids=["disconnected", "deleted", "without OAuth"],
)
@pytest.mark.parametrize("methods", [["none"], ["client_secret_basic"], ["client_secret_post"]])
def test_a_connection_that_ends_has_its_tokens_revoked_at_the_server(server, source, ada, methods, end):
    server.auth_methods = methods
    come_back(server, as_actor(ada), tools.connect(as_actor(ada), source.id))
    assert (len(server.valid), len(server.refresh_tokens)) == (1, 1)

    end(as_actor(ada), source)

    assert (server.valid, server.refresh_tokens) == (set(), set())


def test_an_edit_that_leaves_the_connection_revokes_nothing(server, connected, ada):
    sources.edit(as_actor(ada), connected.id, {"title": "Another name"})

    assert token_of(connected) in server.valid
    assert "/revoke" not in server.asked


@pytest.mark.parametrize(
    ("broken", "said"), [({"delay": 2}, "not over within"), ({"clients": {}}, r"refresh_token \(status 401\)")]
)
def test_a_server_that_revokes_nothing_does_not_hinder_the_end(
    server, connected, ada, monkeypatch, caplog, broken, said
):
    monkeypatch.setattr(oauth_client, "REVOCATION_LIMITS", Limits(seconds=0.3, bytes=20_000))
    for name, value in broken.items():
        setattr(server, name, value)

    tools.disconnect(as_actor(ada), connected.id)

    assert oauth.state_of(present(connected)) == "none"
    assert re.search(f"were not revoked: .*{said}", caplog.text)
    assert "canary" not in caplog.text


def test_a_server_without_an_address_for_revocation_is_not_asked(server, source, ada):
    server.revokes = False
    come_back(server, as_actor(ada), tools.connect(as_actor(ada), source.id))

    tools.disconnect(as_actor(ada), source.id)

    assert oauth.state_of(present(source)) == "none"
    assert "/revoke" not in server.asked


def test_a_key_that_is_lost_is_told(clean_app, connected, monkeypatch):
    other = replace(clean_app.config["HELIX"], encryption_keys=(Fernet.generate_key().decode(),))
    monkeypatch.setitem(clean_app.config, "HELIX", other)

    assert oauth.state_of(present(connected)) == "ended"
    with pytest.raises(ToolFailed, match="Connect again"):
        token_of(connected)
