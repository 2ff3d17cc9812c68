"""Masks secrets in log lines: known values, fields with telling names, and texts that look like secrets."""

import re
from collections.abc import Callable, Iterable
from typing import Any

MASK = "***"
SECRET_NAMES = re.compile(r"password|secret|token$|^token|api_?key|authorization|cookie|encryption", re.IGNORECASE)
MIN_SECRET_LENGTH = 8  # characters: masking shorter values would hide ordinary words
PATTERNS = (
    (re.compile(r"(://[^\s:/@]*:)[^\s@/]+(?=@)"), rf"\1{MASK}"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}"), rf"\1 {MASK}"),
    # Access tokens (JWT); our API tokens, one-time links, sessions and webhook secrets; encrypted values; API keys of
    # known providers.
    (re.compile(r"\beyJ[\w-]{8,}\.[\w-]+\.[\w-]+"), MASK),
    (re.compile(r"\b(hx|hl|hs|whsec)_[\w+/-]{8,}={0,2}"), rf"\1_{MASK}"),
    (re.compile(r"\bgAAAAA[\w-]{20,}={0,2}"), MASK),
    (re.compile(r"\b(sk|rk|pk|gsk|xai|r8|pplx)([-_])[\w-]{12,}"), rf"\1\2{MASK}"),
    (re.compile(r"\bAIza[\w-]{20,}"), MASK),
    (re.compile(r"\b(bot)?(\d{6,}):[\w-]{20,}"), rf"\1\2:{MASK}"),
    (re.compile(r"(?i)([?&](?:api_?)?(?:key|token|secret|password|sig)=)[^&\s\"']+"), rf"\1{MASK}"),
)

EventDict = Any


def mask_secrets(secrets: Iterable[str | None]) -> Callable[[Any, str, EventDict], EventDict]:
    """A structlog processor that masks these values and everything that looks like a secret."""
    known = sorted({secret for secret in secrets if secret and len(secret) >= MIN_SECRET_LENGTH}, key=len, reverse=True)

    def text(value: str) -> str:
        for secret in known:
            value = value.replace(secret, MASK)
        for pattern, instead in PATTERNS:
            value = pattern.sub(instead, value)
        return value

    def covered(name: str, value: Any) -> Any:
        if SECRET_NAMES.search(name) and value is not None:
            return MASK
        if isinstance(value, str):
            return text(value)
        if isinstance(value, dict):
            return {key: covered(str(key), inner) for key, inner in value.items()}
        if isinstance(value, list | tuple | set):
            return [covered("", inner) for inner in value]
        return value if isinstance(value, int | float | bool | None) else text(str(value))

    def processor(_logger: Any, _method: str, event: EventDict) -> EventDict:
        return {name: covered(name, value) for name, value in event.items()}

    return processor
