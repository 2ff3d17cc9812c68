"""Who somebody is, told by another service: OpenID Connect by discovery, with the code flow and PKCE.

    begun, address = provider.begin(back_to)        # lead the browser to `address`, keep `begun` in its session
    who = provider.finish(begun, code, back_to)     # what the service vouches for

Everything that comes from there is untrusted until the ID token's signature, issuer, audience, time and nonce were
checked. Connections go through `helix.outgoing`: limits of time and size, no redirects, never to link-local addresses.
authlib, which does the checking, is imported by the functions that use it: most installations have no such service.
"""

from helix.oidc.provider import Begun, Provider
from helix.oidc.token import OidcError, Who

__all__ = ["Begun", "OidcError", "Provider", "Who"]
