"""Signing in through another service (OpenID Connect): off until OIDC_ISSUER and OIDC_CLIENT_ID are set."""

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from helix.settings.environment import ConfigurationError, Environment

OWN_MACHINE = ("localhost", "127.0.0.1", "::1")
DOMAIN = re.compile(r"(?:[a-z0-9-]{1,63}\.)+[a-z0-9-]{2,63}")


@dataclass(frozen=True, slots=True, kw_only=True)
class OidcSettings:
    """`allowed_domains`: none named means every domain. Without a `client_secret` the code is proven by PKCE alone.

    `groups_claim` is where the groups of a person stand, as a path. `allowed_groups`: who may sign in, none named means
    everybody. `admin_groups`: who is an admin; none named leaves roles alone.
    """

    issuer: str
    client_id: str
    client_secret: str | None = field(default=None, repr=False)
    name: str = "single sign-on"
    allowed_domains: tuple[str, ...] = ()
    auto_create: bool = False
    scopes: str = "openid email profile"
    groups_claim: str | None = None
    allowed_groups: tuple[str, ...] = ()
    admin_groups: tuple[str, ...] = ()


def oidc_from_environment(env: Environment, *, production: bool) -> OidcSettings | None:
    """None when it is not set up. Raises ConfigurationError for half of it."""
    issuer, client_id = env.optional("OIDC_ISSUER"), env.optional("OIDC_CLIENT_ID")
    domains = tuple(domain.lower().removeprefix("@") for domain in env.several("OIDC_ALLOWED_DOMAINS"))
    for domain in domains:
        if not DOMAIN.fullmatch(domain):
            raise ConfigurationError(f"OIDC_ALLOWED_DOMAINS holds {domain!r}, which is no domain like example.org.")
    more = {
        "client_secret": env.optional("OIDC_CLIENT_SECRET"),
        "name": env.text("OIDC_NAME", "single sign-on")[:60],
        "auto_create": env.flag("OIDC_AUTO_CREATE", default=False),
        "scopes": _scopes(env.text("OIDC_SCOPES", "openid email profile")),
        "groups_claim": env.optional("OIDC_GROUPS_CLAIM"),
        "allowed_groups": _groups(env.text("OIDC_ALLOWED_GROUPS", "")),
        "admin_groups": _groups(env.text("OIDC_ADMIN_GROUPS", "")),
    }
    if (more["allowed_groups"] or more["admin_groups"]) and not more["groups_claim"]:
        raise ConfigurationError(
            "OIDC_ALLOWED_GROUPS and OIDC_ADMIN_GROUPS need OIDC_GROUPS_CLAIM: the claim that holds a person's groups, "
            "such as groups or realm_access.roles."
        )
    if issuer is None and client_id is None:
        return None
    if issuer is None or client_id is None:
        raise ConfigurationError("OIDC_ISSUER and OIDC_CLIENT_ID must be set together, or neither of them.")
    issuer = _checked(issuer, production=production)
    return OidcSettings(issuer=issuer, client_id=client_id, allowed_domains=domains, **more)


def _groups(text: str) -> tuple[str, ...]:
    """Separated by commas; by semicolons where a name holds commas itself, as those of directories do."""
    return tuple(name.strip() for name in text.split(";" if ";" in text else ",") if name.strip())


def _scopes(text: str) -> str:
    """Without `openid` there is no ID token."""
    names = text.replace(",", " ").split()
    return " ".join(names if "openid" in names else ["openid", *names])


def _checked(issuer: str, *, production: bool) -> str:
    parts = urlsplit(issuer)
    if parts.scheme not in ("https", "http") or not parts.hostname or parts.query or parts.fragment:
        raise ConfigurationError("OIDC_ISSUER must be an address like https://login.example.org/realms/team.")
    if production and parts.scheme == "http" and parts.hostname not in OWN_MACHINE:
        raise ConfigurationError("OIDC_ISSUER must begin with https:// in production.")
    return issuer
