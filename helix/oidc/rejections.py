"""Messages about rejected ID tokens, which name the claim but no other content of the token."""

from collections.abc import Mapping
from typing import Any

BEGINNING = "The answer of the sign-in service cannot be trusted"
SET_THE_CLOCKS = "Ask an admin to correct the clocks of both servers."
WORDS = {
    "nonce": "it belongs to another sign-in. Try again.",
    "iss": "it comes from another issuer than OIDC_ISSUER names.",
    "aud": "it was made for another client than OIDC_CLIENT_ID names.",
    "azp": "it was made for another client than OIDC_CLIENT_ID names.",
    "at_hash": "it belongs to another access token.",
}


def about_claim(claim: str, claims: Mapping[str, Any], now: int) -> str:
    """What is wrong with a claim of a token with a valid signature. `now` in seconds since 1970."""
    if claim not in claims:
        return f"{BEGINNING}: its ID token has no `{claim}`."
    seconds = _seconds(claims[claim], now) if claim in ("iat", "nbf", "exp") else None
    if seconds is None:
        return f"{BEGINNING}: {WORDS.get(claim, 'a claim is wrong.')} (`{claim}`)"
    if claim == "exp":
        return f"{BEGINNING}: its ID token ended {-seconds:,} seconds ago (`exp`). {SET_THE_CLOCKS}"
    begins = "was issued" if claim == "iat" else "becomes valid"
    return f"{BEGINNING}: its ID token {begins} {seconds:,} seconds from now (`{claim}`). {SET_THE_CLOCKS}"


def about_signature(error: Exception) -> str:
    """Only the type of the error, because the content of the token is untrusted."""
    return f"{BEGINNING} ({type(error).__name__}): its ID token is not signed by a key that it publishes."


def _seconds(value: Any, now: int) -> int | None:
    """Seconds from `now` to a time; None for an invalid value."""
    known = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e12
    return int(value - now) if known else None
