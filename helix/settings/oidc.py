"""Sign-in by OpenID Connect: off until OIDC_ISSUER and OIDC_CLIENT_ID are set."""

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from helix.settings.environment import ConfigurationError, Environment

OWN_MACHINE = ("localhost", "127.0.0.1", "::1")
DOMAIN = re.compile(r"(?:[a-z0-9-]{1,63}\.)+[a-z0-9-]{2,63}")


@dataclass(frozen=True, slots=True, kw_only=True)
class OidcSettings:
    """An empty `allowed_domains` or `allowed_groups` allows all of them.

    Without a `client_secret` this is a public client, which PKCE alone protects. `groups_claim` is the dotted path of
    the claim with a person's groups. Members of `admin_groups` become admins; when it is empty, roles are not changed.
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
    """None when OIDC is off. Raises ConfigurationError when it is set up incompletely."""
    issuer, client_id = env.optional("OIDC_ISSUER"), env.optional("OIDC_CLIENT_ID")
    domains = tuple(domain.lower().removeprefix("@") for domain in env.comma_separated("OIDC_ALLOWED_DOMAINS"))
    for domain in domains:
        if not DOMAIN.fullmatch(domain):
            raise ConfigurationError(f"OIDC_ALLOWED_DOMAINS holds {domain!r}, which is no domain like example.org.")
    options = {
        "client_secret": env.optional("OIDC_CLIENT_SECRET"),
        "name": env.text("OIDC_NAME", "single sign-on")[:60],
        "auto_create": env.boolean("OIDC_AUTO_CREATE", default=False),
        "scopes": _scopes(env.text("OIDC_SCOPES", "openid email profile")),
        "groups_claim": env.optional("OIDC_GROUPS_CLAIM"),
        "allowed_groups": _groups(env.text("OIDC_ALLOWED_GROUPS", "")),
        "admin_groups": _groups(env.text("OIDC_ADMIN_GROUPS", "")),
    }
    if (options["allowed_groups"] or options["admin_groups"]) and not options["groups_claim"]:
        raise ConfigurationError(
            "OIDC_ALLOWED_GROUPS and OIDC_ADMIN_GROUPS need OIDC_GROUPS_CLAIM: the claim that holds a person's groups, "
            "such as groups or realm_access.roles."
        )
    if issuer is None and client_id is None:
        return None
    if issuer is None or client_id is None:
        raise ConfigurationError("OIDC_ISSUER and OIDC_CLIENT_ID must be set together, or neither of them.")
    issuer = _check_issuer(issuer, production=production)
    return OidcSettings(issuer=issuer, client_id=client_id, allowed_domains=domains, **options)


def _groups(text: str) -> tuple[str, ...]:
    """Separated by semicolons if there are any, since LDAP names contain commas; otherwise by commas."""
    return tuple(name.strip() for name in text.split(";" if ";" in text else ",") if name.strip())


def _scopes(text: str) -> str:
    """Adds `openid`, without which there would be no ID token."""
    names = text.replace(",", " ").split()
    return " ".join(names if "openid" in names else ["openid", *names])


def _check_issuer(issuer: str, *, production: bool) -> str:
    parts = urlsplit(issuer)
    if parts.scheme not in ("https", "http") or not parts.hostname or parts.query or parts.fragment:
        raise ConfigurationError("OIDC_ISSUER must be an address like https://login.example.org/realms/team.")
    if production and parts.scheme == "http" and parts.hostname not in OWN_MACHINE:
        raise ConfigurationError("OIDC_ISSUER must begin with https:// in production.")
    return issuer
