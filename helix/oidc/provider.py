"""The OpenID Connect provider, configured by its issuer through discovery."""

import secrets
import threading
import time
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import quote

import httpx

from helix.oidc.groups import groups_at
from helix.oidc.token import OidcError, Who, claims_of, who_says
from helix.outgoing import Limits, guarded_client
from helix.settings.oidc import OidcSettings

LIMITS = Limits(seconds=10, bytes=500_000)
DISCOVERY_CACHE_SECONDS = 600
Json = dict[str, Any]

_discovered: dict[str, tuple[float, Json]] = {}
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Begun:
    """The state of a sign-in, kept in the session of the browser until it returns once."""

    state: str
    nonce: str
    verifier: str
    at: int

    def as_dict(self) -> Json:
        return asdict(self)


class Provider:
    def __init__(self, settings: OidcSettings) -> None:
        self._settings = settings

    def begin(self, back_to: str, *, choose: bool = False) -> tuple[Begun, str]:
        """Start a sign-in. Returns its state and the URL for the browser. Raises OidcError.

        With `choose` the service lets the person choose an account, even if one is signed in there.
        """
        from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
        from authlib.oauth2.rfc7636 import create_s256_code_challenge

        begun = Begun(secrets.token_urlsafe(32), secrets.token_urlsafe(32), secrets.token_urlsafe(48), int(time.time()))
        address = prepare_grant_uri(
            self._endpoint("authorization_endpoint"),
            self._settings.client_id,
            "code",
            redirect_uri=back_to,
            scope=self._settings.scopes,
            state=begun.state,
            nonce=begun.nonce,
            code_challenge=create_s256_code_challenge(begun.verifier),
            code_challenge_method="S256",
            **({"prompt": prompt} if choose and (prompt := self._prompt()) else {}),
        )
        return begun, address

    def finish(self, begun: Begun, code: str, back_to: str) -> Who:
        """Exchange the code for an ID token and verify it. Raises OidcError if it cannot be trusted."""
        answer = self._exchange_code(begun, code, back_to)
        access_token = answer.get("access_token")
        if not isinstance(answer.get("id_token"), str):
            raise OidcError("The sign-in service sent no ID token. Ask for the scope openid there.")
        claims = claims_of(
            answer["id_token"],
            # Not cached, because a service may change its keys at any time.
            self._fetch("GET", self._endpoint("jwks_uri")),
            issuer=self._settings.issuer,
            client_id=self._settings.client_id,
            nonce=begun.nonce,
            access_token=access_token if isinstance(access_token, str) else None,
            algorithms=self._metadata().get("id_token_signing_alg_values_supported") or ["RS256"],
        )
        path = self._settings.groups_claim
        groups = groups_at(claims, path) if path else None
        incomplete = "email" not in claims or (path is not None and groups is None)
        if incomplete and isinstance(access_token, str):
            userinfo = self._userinfo(claims["sub"], access_token)
            if path and groups is None:
                groups = groups_at(userinfo, path)
            if "email" not in claims:
                claims |= {name: userinfo[name] for name in ("email", "email_verified", "name") if name in userinfo}
        return who_says(self._settings.issuer, claims, groups)

    def _prompt(self) -> str | None:
        """The `prompt` value that lets people choose an account, as far as the service supports one."""
        known = self._metadata().get("prompt_values_supported")
        if not isinstance(known, list):
            return "select_account"
        return next((prompt for prompt in ("select_account", "login") if prompt in known), None)

    def _exchange_code(self, begun: Begun, code: str, back_to: str) -> Json:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": back_to,
            "code_verifier": begun.verifier,
        }
        client_id, secret = self._settings.client_id, self._settings.client_secret
        ways = self._metadata().get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        if secret and "client_secret_basic" in ways:
            return self._fetch("POST", self._endpoint("token_endpoint"), data=form, auth=_basic(client_id, secret))
        more = {"client_id": client_id} | ({"client_secret": secret} if secret else {})
        return self._fetch("POST", self._endpoint("token_endpoint"), data=form | more)

    def _userinfo(self, subject: str, access_token: str) -> Json:
        """The claims of the userinfo endpoint, which may have more than the ID token."""
        if not isinstance(self._metadata().get("userinfo_endpoint"), str):
            return {}
        found = self._fetch(
            "GET", self._endpoint("userinfo_endpoint"), headers={"Authorization": f"Bearer {access_token}"}
        )
        if found.get("sub") != subject:
            raise OidcError("The sign-in service named two different people.", claim="sub")
        return found

    def _endpoint(self, name: str) -> str:
        address = self._metadata().get(name)
        schemes = ("https://",) if self._settings.issuer.startswith("https://") else ("https://", "http://")
        if not isinstance(address, str) or not address.startswith(schemes):
            raise OidcError(f"The sign-in service does not say what its {name} is.")
        return address

    def _metadata(self) -> Json:
        issuer = self._settings.issuer
        with _lock:
            at, found = _discovered.get(issuer, (0.0, {}))
        if found and time.monotonic() - at < DISCOVERY_CACHE_SECONDS:
            return found
        from authlib.oidc.discovery import get_well_known_url

        found = self._fetch("GET", get_well_known_url(issuer, external=True))
        if found.get("issuer") != issuer:
            raise OidcError("The sign-in service calls itself by another name than OIDC_ISSUER does.")
        with _lock:
            _discovered[issuer] = (time.monotonic(), found)
        return found

    def _fetch(self, method: str, address: str, **options: Any) -> Json:
        # The operator configured the service, which may be in a private network.
        with guarded_client(LIMITS, allow_private=True) as client:
            try:
                reply = client.request(method, address, **options)
                found = reply.json() if reply.status_code == 200 else None
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                raise OidcError(f"The sign-in service could not be reached ({type(error).__name__}).") from None
            except ValueError:
                found = None
        if not isinstance(found, dict):
            raise OidcError(f"The sign-in service answered with what cannot be used (status {reply.status_code}).")
        return found


def _basic(client_id: str, secret: str) -> httpx.BasicAuth:
    # RFC 6749, 2.3.1: both are form-encoded before they are joined.
    return httpx.BasicAuth(quote(client_id, safe=""), quote(secret, safe=""))
