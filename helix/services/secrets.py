"""Keys and tokens at rest, sealed under the installation's encryption keys."""

from flask import current_app

from helix.crypto.secrets import KeyMissing, Vault


def _vault() -> Vault:
    return Vault(list(current_app.config["HELIX"].encryption_keys))


def sealed(secret: str | None) -> str | None:
    return _vault().encrypt(secret) if secret else None


def opened(sealed_secret: str | None) -> str | None:
    return _vault().decrypt(sealed_secret) if sealed_secret else None


def holds(sealed_secret: str | None, secret: str | None) -> bool:
    """Whether it is this very secret. One that none of the keys opens (any more) is another."""
    try:
        return opened(sealed_secret) == secret
    except KeyMissing:
        return False


def can_be_opened(sealed_secret: str) -> bool:
    try:
        opened(sealed_secret)
    except KeyMissing:
        return False
    return True
