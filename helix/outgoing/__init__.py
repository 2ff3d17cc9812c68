"""HTTP to addresses that people typed: model endpoints, webhooks.

    with guarded_client(Limits(seconds=10, bytes=64_000)) as client:
        client.post(url, json=body)

Every connection is checked where it is made: the name is resolved once, the addresses are judged, and exactly one of
those is connected to, so a name that changes its answer in between gains nothing. Link-local and metadata addresses
are refused always, private ones unless the deployment allows them. Redirects are not followed, and a whole exchange has
a limit of time and of size. What is refused is raised as a GuardError, which is an httpx.TransportError.
"""

from helix.outgoing.addresses import AddressRefused, GuardError, TimeIsUp, TooMuch
from helix.outgoing.guard import GuardedTransport, Limits, guarded_client, load_certificates

__all__ = [
    "AddressRefused",
    "GuardError",
    "GuardedTransport",
    "Limits",
    "TimeIsUp",
    "TooMuch",
    "guarded_client",
    "load_certificates",
]
