"""The secrets of a server do not come back in what it returns."""

import base64
import binascii
import contextlib
from collections.abc import Iterable
from typing import Any

from helix.mcp.interface import HttpServer, Server
from helix.text.cleaning import clean

MASK = "[secret]"
# Shorter ones are words that occur by themselves.
_SHORTEST = 8


def of(server: Server) -> tuple[str, ...]:
    """What must not be shown, longest first."""
    if isinstance(server, HttpServer):
        values = [part for value in server.headers.values() for part in _parts(value)]
    else:
        values = list(server.environment.values())
    return longest_first(value for value in values if len(value) >= _SHORTEST)


def longest_first(values: Iterable[str]) -> tuple[str, ...]:
    """A value that contains another one has to be replaced before it."""
    return tuple(sorted(set(values), key=lambda value: (-len(value), value)))


def _parts(value: str) -> list[str]:
    """A header's value, the credentials in it, and the password of Basic credentials."""
    scheme, _, credentials = value.strip().partition(" ")
    parts = [value.strip(), credentials.strip()]
    if scheme.lower() == "basic":
        with contextlib.suppress(binascii.Error, UnicodeDecodeError):
            parts.append(base64.b64decode(credentials).decode().partition(":")[2])
    return parts


def cleaned(text: str, secrets: tuple[str, ...]) -> str:
    """The text of a server as it can be stored and shown."""
    text = clean(text)
    for secret in secrets:
        text = text.replace(secret, MASK)
    return text


def cleaned_json(value: Any, secrets: tuple[str, ...]) -> Any:
    """The same for every text in a JSON value, names included."""
    if isinstance(value, str):
        return cleaned(value, secrets)
    if isinstance(value, dict):
        return {cleaned(str(name), secrets): cleaned_json(part, secrets) for name, part in value.items()}
    return [cleaned_json(part, secrets) for part in value] if isinstance(value, list) else value
