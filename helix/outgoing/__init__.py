"""HTTP requests to addresses from users: model endpoints, webhooks. Protects against server-side request forgery.

    with guarded_client(Limits(seconds=10, bytes=64_000)) as client:
        client.post(url, json=body)

Every connection is checked when it is made: the name is resolved once, the addresses are checked, and one of those is
connected to, which prevents DNS rebinding. Link-local and metadata addresses are always refused, private ones unless
the installation allows them. Redirects are not followed, and the whole exchange has limits of time and size. Violations
raise GuardError, which is an httpx.TransportError.
"""

from helix.outgoing.addresses import AddressRefused, GuardError, TimeIsUp, TooMuch
from helix.outgoing.guard import GuardedTransport, Limits, guarded_client, load_certificates, ssl_context

__all__ = [
    "AddressRefused",
    "GuardError",
    "GuardedTransport",
    "Limits",
    "TimeIsUp",
    "TooMuch",
    "guarded_client",
    "load_certificates",
    "ssl_context",
]
