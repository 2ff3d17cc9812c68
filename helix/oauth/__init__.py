"""An OAuth 2.1 client for MCP servers: discovery, registration, authorization code with PKCE, renewal and revocation
of tokens.

    resource = oauth.discover(url)                                  # RFC 9728 and 8414
    client = oauth.register(resource.server, redirect_uri)          # RFC 7591, unless an admin has entered one
    begun = oauth.begin(resource, client, redirect_uri)             # open `begun.address` in the browser
    tokens = oauth.exchange(resource, client, begun, code)
    tokens = oauth.renew(resource, client, tokens.refresh_token)
    oauth.revoke(resource, client, access_token=..., refresh_token=...)     # RFC 7009

What servers answer is untrusted. Connections go through `helix.outgoing`; `resource` is named in every request
(RFC 8707), so that a token is of no use at another server. authlib is imported by the functions that use it.
"""

from helix.oauth.client import (
    Begun,
    Client,
    Tokens,
    begin,
    check_issuer,
    exchange,
    known_client,
    register,
    renew,
    revoke,
)
from helix.oauth.discovery import AuthorizationServer, Resource, discover
from helix.oauth.requests import GrantEnded, OAuthFailed

__all__ = [
    "AuthorizationServer",
    "Begun",
    "Client",
    "GrantEnded",
    "OAuthFailed",
    "Resource",
    "Tokens",
    "begin",
    "check_issuer",
    "discover",
    "exchange",
    "known_client",
    "register",
    "renew",
    "revoke",
]
