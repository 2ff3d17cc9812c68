"""Sign-in with OpenID Connect: discovery, authorization code flow and PKCE.

    begun, address = provider.begin(back_to)        # redirect the browser to `address`, keep `begun` in its session
    who = provider.finish(begun, code, back_to)     # the verified identity

Responses are untrusted until the ID token's signature, issuer, audience, time and nonce have been verified.
Connections go through `helix.outgoing`: limits of time and size, no redirects, never to link-local addresses.
authlib is imported by the functions that use it, because most installations do not use OpenID Connect.
"""

from helix.oidc.provider import Begun, Provider
from helix.oidc.token import OidcError, Who

__all__ = ["Begun", "OidcError", "Provider", "Who"]
