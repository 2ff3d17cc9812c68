"""What may be typed as a model's base URL. The address that is really connected to is judged when connecting."""

import ipaddress
from urllib.parse import urlsplit

from flask import current_app

from helix.errors import Invalid
from helix.outgoing.addresses import refusal

# Names that stand for a metadata service wherever they resolve.
METADATA_NAMES = frozenset({"metadata", "metadata.google.internal", "instance-data"})
LOCAL_NAMES = ("localhost", ".localhost", ".local", ".internal")


def checked(base_url: str | None) -> str | None:
    """The address without a slash at its end, None for an empty one. Raises Invalid."""
    if not base_url or not base_url.strip():
        return None
    base_url = base_url.strip().rstrip("/")
    try:
        parts = urlsplit(base_url)
        host, _port = parts.hostname, parts.port  # a port that is none raises here
    except ValueError:
        raise _wrong("This is not an address. Write it like https://api.example.com/v1.") from None
    if parts.scheme not in ("http", "https") or not host or any(letter.isspace() for letter in base_url):
        raise _wrong("Write the whole address, beginning with https:// or http://.")
    if parts.username is not None or parts.password is not None:
        raise _wrong("An address must not carry a name or a password. Put the key into its own field.")
    if parts.query or parts.fragment:
        raise _wrong("Leave out what follows a ? or # in the address.")
    _judge(host)
    return base_url


def _judge(host: str) -> None:
    allow_private = current_app.config["HELIX"].allow_private_model_addresses
    name = host.rstrip(".").lower()
    if name in METADATA_NAMES:
        raise _wrong("This address is refused: link-local and metadata addresses are never connected to.")
    try:
        why = refusal(ipaddress.ip_address(name.partition("%")[0]), allow_private=allow_private)
    except ValueError:  # a name: judged when it is connected to, but for what is local by its name
        why = None
        if not allow_private and (name == "localhost" or name.endswith(LOCAL_NAMES)):
            why = "private addresses are not allowed on this installation"
    if why:
        raise _wrong(f"This address is refused: {why}.")


def _wrong(message: str) -> Invalid:
    return Invalid.field("base_url", message)
