"""The OAuth connection of a source: made by an admin in a browser, renewed by whoever needs a token.

`ToolSource.oauth_encrypted` is JSON of this module: `connection` (resource, client, tokens), `pending` (a flow whose
browser has not come back), `given` (the client that an admin has entered).
"""

import hmac
import json
import logging
import os
import secrets as random
import socket
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from helix import clock, oauth
from helix.crypto.secrets import KeyMissing
from helix.db.locking import lock
from helix.db.transaction import end_reading, transaction
from helix.errors import Conflict, Forbidden
from helix.extensions import db
from helix.models import ToolSource
from helix.oauth import Client, GrantEnded, OAuthFailed, Resource, Tokens
from helix.policies.actor import Actor
from helix.services import activity, leases, secrets, settings
from helix.services.access import refuse_api_tokens
from helix.services.required_rows import get_required, required
from helix.services.tools.context import ToolFailed
from helix.services.tools.lookup import may_connect_privately, require_admin

log = logging.getLogger(__name__)

CALLBACK_PATH = "/settings/tools/oauth"
MAX_AGE_SECONDS = 900  # seconds to allow it there
# A token that ends earlier than this is renewed before it is used.
MARGIN = timedelta(seconds=60)
# Longer than the request that renews a token may take.
LEASE_SECONDS = 30
POLL_SECONDS = 0.1
MISMATCH = "This connection was begun in another window or by somebody else, or has expired. Connect again."
CONNECT_AGAIN = "The server has ended the connection. Connect again."
NOT_CONNECTED = "This server is not connected yet. An admin connects it in Settings, Tools."

Json = dict[str, Any]


def state_of(source: ToolSource) -> str | None:
    """connected, ended (somebody has to connect again) or none; None without OAuth."""
    if source.auth != "oauth":
        return None
    try:
        connection = _stored(source).get("connection")
    except KeyMissing:
        return "ended"
    if not connection:
        return "none"
    return "connected" if connection.get("access_token") else "ended"


def connect(
    actor: Actor, source_id: int, *, client_id: str = "", client_secret: str = "", in_session: bool = False
) -> oauth.Begun:
    """Begin to connect a source. The browser has to open the address and comes back to CALLBACK_PATH.

    `client_id` and `client_secret` are for servers where HELIX was registered by hand. `in_session`: the state is in
    the browser's session as well. Raises OAuthFailed. For admins, and not with an API token.
    """
    require_admin(actor)
    refuse_api_tokens(actor)
    source = get_required(ToolSource, source_id, "source of tools")
    if source.auth != "oauth" or source.url is None:
        raise Conflict("This source does not use OAuth. Choose it as its authentication first.")
    url, allow_private, stored = source.url, may_connect_privately(source), _readable(source)
    redirect_uri = settings.base_url() + CALLBACK_PATH
    end_reading()
    resource = oauth.discover(url, allow_private=allow_private)
    given = {"client_id": client_id, "client_secret": client_secret} if client_id else stored.get("given")
    known = _client(resource, given, stored.get("connection"), redirect_uri)
    begun = oauth.begin(resource, known, redirect_uri, state_prefix=f"{source_id}.")
    pending = {
        "state": begun.state,
        "verifier": begun.verifier,
        "redirect_uri": redirect_uri,
        "user_id": actor.user_id,
        "in_session": in_session,
        "at": time.time(),
        "resource": resource.as_dict(),
        "client": known.as_dict(),
    }
    with transaction():
        present = required(lock(ToolSource, source_id), "source of tools")
        if present.url != url or present.auth != "oauth":
            raise Conflict("This source was changed meanwhile. Connect again.")
        _store(present, _readable(present) | {"pending": pending, "given": given})
    return begun


def finish(
    actor: Actor, *, state: str, code: str | None, error: str | None, issuer: str | None, session_state: str | None
) -> int:
    """The browser came back: exchange the code and store the tokens. Returns the id of the source.

    Raises Forbidden if it is not the browser or not the person that began it, OAuthFailed if nothing was allowed.
    """
    require_admin(actor)
    number = state.partition(".")[0]
    source = (
        db.session.get(ToolSource, int(number)) if number.isascii() and number.isdigit() and len(number) < 16 else None
    )
    pending = _readable(source).get("pending") if source is not None else None
    if source is None or not pending or not _is_answer(pending, actor, state, session_state):
        raise Forbidden(MISMATCH)
    source_id = source.id
    _forget_pending(source_id, state)
    resource, known = Resource.from_dict(pending["resource"]), Client(**pending["client"])
    oauth.check_issuer(resource.server, issuer)
    if error or not code:
        raise OAuthFailed("The server did not allow the connection. Connect again, or ask who administers it.")
    end_reading()
    tokens = oauth.exchange(
        resource, known, code=code, verifier=pending["verifier"], redirect_uri=pending["redirect_uri"]
    )
    with transaction():
        present = required(lock(ToolSource, source_id), "source of tools")
        if present.auth != "oauth" or present.url is None:
            raise Conflict("This source was changed meanwhile. Connect again.")
        _keep(present, resource, known, tokens, redirect_uri=pending["redirect_uri"])
        present.refresh_error = None
        activity.record(actor, "tool.source_connected", "tool_source", source_id, present.title, admin_only=True)
    return source_id


def disconnect(actor: Actor, source_id: int) -> ToolSource:
    """Forget the tokens and the client of a source, and have its server revoke the tokens. For admins."""
    require_admin(actor)
    connection = None
    with transaction():
        source = required(lock(ToolSource, source_id), "source of tools")
        if source.oauth_encrypted is not None:
            connection = forget(source)
            activity.record(actor, "tool.source_disconnected", "tool_source", source_id, source.title, admin_only=True)
    revoke(source_id, connection)
    return source


def forget(source: ToolSource) -> Json | None:
    """Remove all that is stored for OAuth, inside a transaction. Returns the connection, to be given to `revoke`."""
    connection = _readable(source).get("connection")
    source.oauth_encrypted = source.oauth_expires_at = None
    return connection


def revoke(source_id: int, connection: Json | None) -> None:
    """Have the server revoke the tokens of a connection that was forgotten, after the commit.

    A failure is logged and hinders nobody: the tokens are not stored here any more.
    """
    if not connection or not connection.get("access_token"):
        return
    end_reading()
    try:
        oauth.revoke(
            Resource.from_dict(connection["resource"]),
            Client(**connection["client"]),
            access_token=connection["access_token"],
            refresh_token=connection.get("refresh_token"),
        )
    except OAuthFailed as failed:
        log.warning("The tokens of tool source %s were not revoked: %s", source_id, failed.message)


def access_token(source_id: int, *, rejected: str | None = None) -> str:
    """A token that is valid for a minute at least, renewed if necessary. `rejected` is one that the server refused.

    The lease lets one process renew it, and the others wait for its result: many servers take each refresh token
    once. It is a lease and not a row lock because SQLite has one lock for all writes, which nobody may hold during a
    request. No transaction may be open. Raises ToolFailed.
    """
    holder = f"{socket.gethostname()}:{os.getpid()}:{random.token_hex(4)}"
    name, deadline = f"tool-source-oauth:{source_id}", time.monotonic() + LEASE_SECONDS
    while True:
        token, is_due = _present_token(source_id, rejected)
        if not is_due:
            return token
        if leases.acquire(name, holder, seconds=LEASE_SECONDS):
            try:
                # Another process may have renewed it before it gave up the lease.
                token, is_due = _present_token(source_id, rejected)
                return _renew(source_id) if is_due else token
            finally:
                leases.release(name, holder)
        if time.monotonic() > deadline:
            raise ToolFailed("The connection of the server is being renewed by another process. Try again.")
        time.sleep(POLL_SECONDS)


def _present_token(source_id: int, rejected: str | None) -> tuple[str, bool]:
    """The stored token, and whether it has to be renewed. Raises ToolFailed when there is none."""
    end_reading()
    source = db.session.get(ToolSource, source_id)
    connection = _connection(source)
    expires_at = source.oauth_expires_at if source is not None else None
    end_reading()
    token = str(connection["access_token"])
    if token == rejected:
        return token, True
    return token, expires_at is not None and expires_at < clock.now() + MARGIN


def _connection(source: ToolSource | None) -> Json:
    if source is None:
        raise ToolFailed("The source of this tool has been deleted.")
    try:
        connection = _stored(source).get("connection") or {}
    except KeyMissing as error:
        raise ToolFailed("The stored connection of the server cannot be opened any more. Connect again.") from error
    if not connection:
        raise ToolFailed(NOT_CONNECTED)
    if not connection.get("access_token"):
        raise ToolFailed(CONNECT_AGAIN)
    return connection


def _renew(source_id: int) -> str:
    connection = _connection(db.session.get(ToolSource, source_id))
    end_reading()
    resource, known = Resource.from_dict(connection["resource"]), Client(**connection["client"])
    refresh_token = connection.get("refresh_token")
    try:
        if refresh_token is None:
            raise GrantEnded(CONNECT_AGAIN)
        tokens = oauth.renew(resource, known, refresh_token)
    except GrantEnded as ended:
        log.warning("The connection of tool source %s has ended: %s", source_id, ended.message)
        _store_ended(source_id, connection)
        raise ToolFailed(CONNECT_AGAIN) from ended
    except OAuthFailed as failed:
        raise ToolFailed(f"The connection of the server could not be renewed. {failed.message}") from failed
    with transaction():
        source = lock(ToolSource, source_id)
        # An admin may have disconnected it, or connected it again, meanwhile.
        if source is None or _readable(source).get("connection") != connection:
            raise ToolFailed("The connection of the server was changed meanwhile. Try again.")
        _keep(source, resource, known, tokens, redirect_uri=connection["redirect_uri"])
    return tokens.access_token


def _store_ended(source_id: int, connection: Json) -> None:
    with transaction():
        source = lock(ToolSource, source_id)
        if source is None or _readable(source).get("connection") != connection:
            return
        ended = connection | {"access_token": None, "refresh_token": None}
        _store(source, _readable(source) | {"connection": ended})
        source.oauth_expires_at = None
        source.refresh_error = CONNECT_AGAIN


def _keep(source: ToolSource, resource: Resource, known: Client, tokens: Tokens, *, redirect_uri: str) -> None:
    connection = {
        "resource": resource.as_dict(),
        "client": known.as_dict(),
        "redirect_uri": redirect_uri,
        "access_token": tokens.access_token,
        "refresh_token": tokens.refresh_token,
    }
    _store(source, _readable(source) | {"connection": connection})
    source.oauth_expires_at = None if tokens.expires_at is None else datetime.fromtimestamp(tokens.expires_at, UTC)


def _client(resource: Resource, given: Json | None, connection: Json | None, redirect_uri: str) -> Client:
    """The client that an admin has entered, the one that was registered earlier, or a new one."""
    if given:
        return oauth.known_client(resource.server, given["client_id"], given.get("client_secret") or None)
    if connection:
        known = Client(**connection["client"])
        same = connection["resource"]["server"]["issuer"] == resource.server.issuer
        # A server that has ended the grant may have forgotten the client.
        if same and connection["redirect_uri"] == redirect_uri and known.is_valid and connection.get("access_token"):
            return known
    return oauth.register(resource.server, redirect_uri, allow_private=resource.allow_private)


def _is_answer(pending: Json, actor: Actor, state: str, session_state: str | None) -> bool:
    def equal(one: str, other: str) -> bool:
        return hmac.compare_digest(one.encode("utf-8", "surrogatepass"), other.encode())

    return (
        equal(state, pending["state"])
        and pending["user_id"] == actor.user_id
        and (not pending["in_session"] or equal(session_state or "", pending["state"]))
        and 0 <= time.time() - pending["at"] < MAX_AGE_SECONDS
    )


def _forget_pending(source_id: int, state: str) -> None:
    """A state is used once. Raises Forbidden if another request was faster."""
    with transaction():
        source = lock(ToolSource, source_id)
        stored = _readable(source) if source is not None else {}
        if source is None or (stored.get("pending") or {}).get("state") != state:
            raise Forbidden(MISMATCH)
        _store(source, stored | {"pending": None})


def _stored(source: ToolSource) -> Json:
    """Raises KeyMissing."""
    text = secrets.decrypt(source.oauth_encrypted)
    return json.loads(text) if text else {}


def _readable(source: ToolSource) -> Json:
    """What is stored, or nothing where no key opens it: connecting again replaces it."""
    try:
        return _stored(source)
    except KeyMissing:
        return {}


def _store(source: ToolSource, values: Json) -> None:
    kept = {name: value for name, value in values.items() if value}
    source.oauth_encrypted = secrets.encrypt(json.dumps(kept)) if kept else None
