"""Which authorization server protects an MCP server, and where its endpoints are."""

import re
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx

from helix.oauth.requests import Json, OAuthFailed, client, fetched

# Of the header WWW-Authenticate (RFC 9728, 5.1).
_METADATA = re.compile(r'resource_metadata="([^"\s]{1,1000})"')
_SCOPE = re.compile(r'\bscope="([\x21\x23-\x5b\x5d-\x7e ]{1,1000})"')
_SCOPES = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{1,200}")
LONGEST_ADDRESS = 2000


@dataclass(frozen=True, slots=True)
class AuthorizationServer:
    """`auth_methods`: how clients authenticate at its token endpoint. `sends_issuer`: it names itself in its response
    (RFC 9207), so that a response without its name is refused."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    registration_endpoint: str | None
    auth_methods: tuple[str, ...]
    sends_issuer: bool
    revocation_endpoint: str | None = None


@dataclass(frozen=True, slots=True)
class Resource:
    """An MCP server that asks for a token. `identifier` goes into every request as `resource`."""

    identifier: str
    scope: str
    server: AuthorizationServer
    allow_private: bool = False

    def as_dict(self) -> Json:
        return asdict(self)

    @classmethod
    def from_dict(cls, stored: Json) -> "Resource":
        server = stored["server"]
        return cls(
            **{**stored, "server": AuthorizationServer(**{**server, "auth_methods": tuple(server["auth_methods"])})}
        )


def discover(url: str, *, allow_private: bool = False) -> Resource:
    """Ask an MCP server where it is authorized, and that server for its endpoints. Raises OAuthFailed."""
    with client(allow_private=allow_private) as http:
        told, scope = _challenge(http, url)
        metadata = _resource_metadata(http, url, told)
        issuers = metadata.get("authorization_servers") if metadata else None
        issuer = issuers[0] if isinstance(issuers, list) and issuers else None
        if metadata is not None and not isinstance(issuer, str):
            raise OAuthFailed("The server does not say which authorization server protects it.")
        # Before RFC 9728, the server itself was the authorization server.
        server = _authorization_server(http, issuer or _origin(url), https_only=url.startswith("https://"))
    identifier = metadata["resource"] if metadata else url
    return Resource(identifier, scope or _scopes_of(metadata), server, allow_private)


def _challenge(http: httpx.Client, url: str) -> tuple[str | None, str]:
    """The address of its metadata and the scopes that the server names when it is asked without a token."""
    ping = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    accept = {"Accept": "application/json, text/event-stream"}
    # Only the headers are read: an answer may be a stream without an end.
    with http.stream("POST", url, json=ping, headers=accept) as reply:
        if reply.status_code not in (401, 403):
            return None, ""
        said = ", ".join(reply.headers.get_list("www-authenticate"))
    found, scope = _METADATA.search(said), _SCOPE.search(said)
    return (found[1] if found else None), (scope[1] if scope else "")


def _resource_metadata(http: httpx.Client, url: str, told: str | None) -> Json | None:
    origin, path = _origin(url), urlsplit(url).path.rstrip("/")
    well_known = f"{origin}/.well-known/oauth-protected-resource"
    for address in dict.fromkeys(filter(None, (told, f"{well_known}{path}", well_known))):
        if not address.startswith(("https://", "http://")):
            continue
        found = fetched(http, address)
        if found is None:
            continue
        resource = found.get("resource")
        if not isinstance(resource, str) or not _covers(resource, url):
            # A token for another resource could be used there (RFC 9728, 3.3).
            raise OAuthFailed("The server says that it is another one than its address names, so it is not connected.")
        return found
    return None


def _covers(resource: str, url: str) -> bool:
    """Whether the identifier is that of the server, or of a part of its address that ends at a slash."""
    theirs, ours = urlsplit(resource), urlsplit(url)
    path = theirs.path.rstrip("/")
    same = (theirs.scheme, theirs.netloc.lower()) == (ours.scheme, ours.netloc.lower())
    return same and not theirs.fragment and (ours.path.rstrip("/") + "/").startswith(path + "/")


def _authorization_server(http: httpx.Client, issuer: str, *, https_only: bool) -> AuthorizationServer:
    from authlib.oauth2.rfc8414 import get_well_known_url

    parts = urlsplit(issuer)
    if parts.scheme not in ("https", "http") or not parts.netloc or len(issuer) > LONGEST_ADDRESS:
        raise OAuthFailed("The server names an authorization server whose address cannot be used.")
    plain = issuer.rstrip("/")
    addresses = (
        get_well_known_url(plain, external=True),
        get_well_known_url(plain, external=True, suffix="openid-configuration"),
        f"{plain}/.well-known/openid-configuration",
    )
    for address in dict.fromkeys(addresses):
        found = fetched(http, address)
        if found is None:
            continue
        named = found.get("issuer")
        if not isinstance(named, str) or named.rstrip("/") != plain:
            raise OAuthFailed("The authorization server calls itself by another name than its address.")
        return _checked(found, https_only=https_only)
    raise OAuthFailed(
        "No authorization server was found. If this server takes a key, choose a header with a secret instead."
    )


def _checked(found: Json, *, https_only: bool) -> AuthorizationServer:
    if "S256" not in _texts(found.get("code_challenge_methods_supported")):
        raise OAuthFailed("The authorization server does not support PKCE with S256, without which nothing is sent.")
    schemes = ("https://",) if https_only else ("https://", "http://")

    def endpoint(name: str) -> str | None:
        value = found.get(name)
        usable = isinstance(value, str) and value.startswith(schemes) and len(value) <= LONGEST_ADDRESS
        return value if usable else None

    authorization, token = endpoint("authorization_endpoint"), endpoint("token_endpoint")
    if authorization is None or token is None:
        raise OAuthFailed("The authorization server does not say where its endpoints are.")
    return AuthorizationServer(
        found["issuer"],
        authorization,
        token,
        endpoint("registration_endpoint"),
        # RFC 8414, 2: the default.
        _texts(found.get("token_endpoint_auth_methods_supported")) or ("client_secret_basic",),
        found.get("authorization_response_iss_parameter_supported") is True,
        endpoint("revocation_endpoint"),
    )


def _scopes_of(metadata: Json | None) -> str:
    scopes = _texts((metadata or {}).get("scopes_supported"))
    return " ".join(scope for scope in scopes[:50] if _SCOPES.fullmatch(scope))


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
