"""Validation of URLs that this server will call. The address it really connects to is checked again on connecting."""

import ipaddress
from urllib.parse import SplitResult, urlsplit

from helix.errors import Invalid
from helix.outgoing.addresses import refusal

# Host names of cloud metadata services, whatever they resolve to.
METADATA_NAMES = frozenset({"metadata", "metadata.google.internal", "instance-data"})
LOCAL_NAMES = ("localhost", ".localhost", ".local", ".internal")


def validate_url(address: str, field: str, *, allow_private: bool, example: str) -> SplitResult:
    """The parts of an http or https URL. Raises Invalid on `field`."""
    try:
        parts = urlsplit(address)
        host, _port = parts.hostname, parts.port  # raises for an invalid port
    except ValueError:
        raise Invalid.field(field, f"This is not a valid address. Write it like {example}.") from None
    if parts.scheme not in ("http", "https") or not host or any(letter.isspace() for letter in address):
        raise Invalid.field(field, "Write the whole address, beginning with https:// or http://.")
    if parts.username is not None or parts.password is not None:
        raise Invalid.field(field, "An address must not contain a user name or password. Put the key in its own field.")
    _check_host(host, field, allow_private=allow_private)
    return parts


def _check_host(host: str, field: str, *, allow_private: bool) -> None:
    name = host.rstrip(".").lower()
    if name in METADATA_NAMES:
        why = "link-local and metadata addresses are never connected to"
    else:
        try:
            why = refusal(ipaddress.ip_address(name.partition("%")[0]), allow_private=allow_private)
        except ValueError:  # a host name: checked when connecting, except for names that are local
            local = name == "localhost" or name.endswith(LOCAL_NAMES)
            why = "private addresses are not allowed on this installation" if local and not allow_private else None
    if why:
        raise Invalid.field(field, f"This address is refused: {why}.")
