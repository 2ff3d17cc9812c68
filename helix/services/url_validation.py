"""Validation of URLs that this server will call. The address it really connects to is checked again on connecting."""

import ipaddress
from urllib.parse import SplitResult, urlsplit

from helix.errors import Invalid
from helix.outgoing.addresses import refusal

# Names that stand for a metadata service wherever they resolve.
METADATA_NAMES = frozenset({"metadata", "metadata.google.internal", "instance-data"})
LOCAL_NAMES = ("localhost", ".localhost", ".local", ".internal")


def validate_url(address: str, field: str, *, allow_private: bool, example: str) -> SplitResult:
    """The parts of an http or https address. Raises Invalid on `field`, with a sentence."""
    try:
        parts = urlsplit(address)
        host, _port = parts.hostname, parts.port  # a port that is none raises here
    except ValueError:
        raise Invalid.field(field, f"This is not an address. Write it like {example}.") from None
    if parts.scheme not in ("http", "https") or not host or any(letter.isspace() for letter in address):
        raise Invalid.field(field, "Write the whole address, beginning with https:// or http://.")
    if parts.username is not None or parts.password is not None:
        raise Invalid.field(field, "An address must not carry a name or a password. Put the key into its own field.")
    _judge(host, field, allow_private=allow_private)
    return parts


def _judge(host: str, field: str, *, allow_private: bool) -> None:
    name = host.rstrip(".").lower()
    if name in METADATA_NAMES:
        why = "link-local and metadata addresses are never connected to"
    else:
        try:
            why = refusal(ipaddress.ip_address(name.partition("%")[0]), allow_private=allow_private)
        except ValueError:  # a name: judged when it is connected to, but for what is local by its name
            local = name == "localhost" or name.endswith(LOCAL_NAMES)
            why = "private addresses are not allowed on this installation" if local and not allow_private else None
    if why:
        raise Invalid.field(field, f"This address is refused: {why}.")
