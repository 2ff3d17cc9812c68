"""Verifies ID tokens. Only algorithms from our own list are accepted, whatever the token requests."""

import time
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from helix.errors import HelixError
from helix.oidc import rejections

if TYPE_CHECKING:
    from joserfc.jwk import KeySet

# Only asymmetric signatures. With HS256 the public key could be used as the secret; `none` has no signature.
SAFE = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"})
LEEWAY = 60  # seconds that two clocks may differ


class OidcError(HelixError):
    """The service did not identify the person, or not in a way that can be trusted. The message is for people."""

    status = 502
    default = "Signing in there did not work. Try again."

    def __init__(self, message: str | None = None, *, claim: str | None = None) -> None:
        """`claim` is the claim of the ID token that is missing or wrong."""
        super().__init__(message)
        self.claim = claim


@dataclass(frozen=True, slots=True)
class Who:
    """Issuer and subject identify a person permanently; the address and the groups may change.

    `groups` is None if the service sent none, or none are configured.
    """

    issuer: str
    subject: str
    email: str = ""
    email_verified: bool = False
    name: str = ""
    groups: frozenset[str] | None = None


def claims_of(
    id_token: str,
    keys: dict[str, Any],
    *,
    issuer: str,
    client_id: str,
    nonce: str,
    access_token: str | None,
    algorithms: Collection[str],
) -> dict[str, Any]:
    """The claims of a token with valid signature, audience, nonce and time. Raises OidcError."""
    from authlib.oidc.core import CodeIDToken
    from joserfc import jwt
    from joserfc.errors import ClaimError, JoseError

    allowed = sorted(SAFE.intersection(algorithms))
    if not allowed:  # the library replaces an empty list by its default
        raise OidcError("The sign-in service signs in no way that can be trusted. Have it sign with RS256 or ES256.")
    now = int(time.time())
    try:
        token = jwt.decode(id_token, _signing_keys(keys), algorithms=allowed)
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise OidcError(rejections.about_signature(error)) from None
    try:
        claims = CodeIDToken(
            token.claims,
            token.header,
            options={"iss": {"essential": True, "value": issuer}, "aud": {"essential": True, "value": client_id}},
            params={"nonce": nonce, "client_id": client_id, "access_token": access_token},
        )
        claims.validate(now=now, leeway=LEEWAY)
    except ClaimError as error:
        raise OidcError(rejections.about_claim(error.claim, token.claims, now), claim=error.claim) from None
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise OidcError(f"{rejections.BEGINNING} ({type(error).__name__}).") from None
    if not isinstance(claims["sub"], str) or not 0 < len(claims["sub"]) <= 255 or not claims["sub"].isprintable():
        raise OidcError("The sign-in service did not say who this is (`sub`).", claim="sub")
    return dict(claims)


def _signing_keys(keys: dict[str, Any]) -> "KeySet":
    from joserfc.jwk import KeySet

    listed = keys.get("keys")
    usable = [key for key in listed if _is_signing_key(key)] if isinstance(listed, list) else []
    if not usable:
        raise ValueError("no key that signs")
    return KeySet.import_key_set({"keys": usable})


def _is_signing_key(key: Any) -> bool:
    return isinstance(key, dict) and key.get("kty") in ("RSA", "EC", "OKP") and key.get("use", "sig") == "sig"


def who_says(issuer: str, claims: dict[str, Any], groups: frozenset[str] | None = None) -> Who:
    def text(name: str) -> str:
        value = claims.get(name)
        return value.strip() if isinstance(value, str) else ""

    return Who(
        issuer=issuer,
        subject=claims["sub"],
        email=text("email"),
        # Some services send it as a string.
        email_verified=claims.get("email_verified") is True or claims.get("email_verified") == "true",
        name=_printable(text("name") or text("preferred_username")),
        groups=groups,
    )


def _printable(name: str) -> str:
    """Without characters that databases reject (NUL, surrogates) or that are invisible."""
    return "".join(letter for letter in " ".join(name.split()) if letter.isprintable())
