"""The client's half of the authorization code flow."""

import secrets
import time
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import quote

import httpx

from helix.oauth.discovery import AuthorizationServer, Resource
from helix.oauth.requests import Json, OAuthFailed, client, posted
from helix.outgoing import Limits

NAME = "HELIX Mission Control"
LONGEST_TOKEN = 20_000
# A token without an end is used until the server refuses it.
LONGEST_LIFE = 366 * 24 * 3600
# A person waits for it, and the tokens are forgotten here whatever the server answers.
REVOCATION_LIMITS = Limits(seconds=5, bytes=20_000)


@dataclass(frozen=True, slots=True)
class Client:
    """How this installation is known to an authorization server. `method`: none, client_secret_basic or _post.

    `ends_at`: when its secret expires, in seconds since 1970; 0 for never.
    """

    client_id: str
    client_secret: str | None = None
    method: str = "none"
    ends_at: int = 0

    def as_dict(self) -> Json:
        return asdict(self)

    @property
    def is_valid(self) -> bool:
        return not self.ends_at or self.ends_at > time.time()


@dataclass(frozen=True, slots=True)
class Begun:
    """A flow that was begun. `state` and `verifier` are kept until the browser comes back."""

    address: str
    state: str
    verifier: str
    redirect_uri: str


@dataclass(frozen=True, slots=True)
class Tokens:
    """`expires_at`: in seconds since 1970, None if the server does not say."""

    access_token: str
    refresh_token: str | None
    expires_at: float | None


def known_client(server: AuthorizationServer, client_id: str, client_secret: str | None) -> Client:
    """The client that an admin has registered by hand."""
    if not client_secret:
        return Client(client_id)
    basic = "client_secret_basic" in server.auth_methods or "client_secret_post" not in server.auth_methods
    return Client(client_id, client_secret, "client_secret_basic" if basic else "client_secret_post")


def register(server: AuthorizationServer, redirect_uri: str, *, allow_private: bool = False) -> Client:
    """Register this installation (RFC 7591). Raises OAuthFailed, also when the server takes no registrations."""
    if server.registration_endpoint is None:
        raise OAuthFailed(
            f"The authorization server takes no registrations. Register HELIX there with the address {redirect_uri}, "
            "and enter the client ID that you get."
        )
    ways = [way for way in ("none", "client_secret_basic", "client_secret_post") if way in server.auth_methods]
    if not ways:
        raise OAuthFailed("The authorization server wants clients to authenticate in a way that is not supported.")
    wanted = {
        "client_name": NAME,
        "redirect_uris": [redirect_uri],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": ways[0],
    }
    with client(allow_private=allow_private) as http:
        found = posted(
            http, server.registration_endpoint, what="to register this installation", statuses=(200, 201), json=wanted
        )
    client_id, secret = found.get("client_id"), found.get("client_secret")
    if not isinstance(client_id, str) or not 0 < len(client_id) <= LONGEST_TOKEN:
        raise OAuthFailed("The authorization server gave no client ID.")
    method = found.get("token_endpoint_auth_method", ways[0])
    if not isinstance(secret, str) or method == "none":
        return Client(client_id)
    ends_at = found.get("client_secret_expires_at")
    return Client(client_id, secret, str(method), ends_at if isinstance(ends_at, int) else 0)


def begin(resource: Resource, known: Client, redirect_uri: str, *, state_prefix: str = "") -> Begun:
    """The address to open in a browser, with what has to be kept for when it comes back."""
    from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
    from authlib.oauth2.rfc7636 import create_s256_code_challenge

    state, verifier = f"{state_prefix}{secrets.token_urlsafe(32)}", secrets.token_urlsafe(48)
    address = prepare_grant_uri(
        resource.server.authorization_endpoint,
        known.client_id,
        "code",
        redirect_uri=redirect_uri,
        scope=resource.scope or None,
        state=state,
        resource=resource.identifier,
        code_challenge=create_s256_code_challenge(verifier),
        code_challenge_method="S256",
    )
    return Begun(address, state, verifier, redirect_uri)


def check_issuer(server: AuthorizationServer, issuer: str | None) -> None:
    """Raises OAuthFailed if the response comes from another authorization server (RFC 9207, 2.4)."""
    if issuer is None and not server.sends_issuer:
        return
    if issuer is None or issuer.rstrip("/") != server.issuer.rstrip("/"):
        raise OAuthFailed("The response came from another authorization server than was asked. Nothing was connected.")


def exchange(resource: Resource, known: Client, *, code: str, verifier: str, redirect_uri: str) -> Tokens:
    """The tokens for a code. Raises OAuthFailed."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
        "code_verifier": verifier,
    }
    return _tokens(resource, known, form, what="the code")


def renew(resource: Resource, known: Client, refresh_token: str) -> Tokens:
    """New tokens. Raises GrantEnded when somebody has to connect again, else OAuthFailed."""
    form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
    found = _tokens(resource, known, form, what="to renew the connection")
    return found if found.refresh_token else Tokens(found.access_token, refresh_token, found.expires_at)


def revoke(resource: Resource, known: Client, *, access_token: str | None, refresh_token: str | None) -> bool:
    """Have the server end these tokens (RFC 7009). False if it has no endpoint for that. Raises OAuthFailed."""
    address = resource.server.revocation_endpoint
    if address is None:
        return False
    # With a refresh token most servers end the access token, too, but they need not.
    given = {"refresh_token": refresh_token, "access_token": access_token}
    with client(allow_private=resource.allow_private, limits=REVOCATION_LIMITS) as http:
        for hint, token in given.items():
            if token is None:
                continue
            reply = http.post(address, **_authenticated(known, {"token": token, "token_type_hint": hint}))
            if reply.status_code != 200:
                raise OAuthFailed(f"The authorization server did not revoke the {hint} (status {reply.status_code}).")
    return True


def _tokens(resource: Resource, known: Client, form: dict[str, str], *, what: str) -> Tokens:
    sent = _authenticated(known, form | {"resource": resource.identifier})
    asked_at = time.time()
    with client(allow_private=resource.allow_private) as http:
        found = posted(http, resource.server.token_endpoint, what=what, **sent)
    token, more, life = found.get("access_token"), found.get("refresh_token"), found.get("expires_in")
    if not _is_token(token) or str(found.get("token_type", "")).lower() != "bearer":
        raise OAuthFailed("The authorization server sent no token that can be used.")
    if isinstance(life, str) and life.isdigit():
        life = int(life)
    ends_at = None
    if isinstance(life, int | float) and not isinstance(life, bool) and life > 0:
        ends_at = asked_at + min(float(life), LONGEST_LIFE)
    return Tokens(str(token), str(more) if _is_token(more) else None, ends_at)


def _authenticated(known: Client, form: dict[str, str]) -> dict[str, Any]:
    """The form of a request and the client's authentication, as arguments for httpx."""
    if known.method == "client_secret_basic":
        # RFC 6749, 2.3.1: both are form-encoded before they are joined.
        name, secret = quote(known.client_id, safe=""), quote(known.client_secret or "", safe="")
        return {"data": form, "auth": httpx.BasicAuth(name, secret)}
    secret = {"client_secret": known.client_secret} if known.client_secret else {}
    return {"data": form | {"client_id": known.client_id} | secret}


def _is_token(value: Any) -> bool:
    """Whether it can be part of a header."""
    return isinstance(value, str) and 0 < len(value) <= LONGEST_TOKEN and value.isascii() and value.isprintable()
