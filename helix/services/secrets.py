"""Keys and tokens at rest, sealed under the installation's encryption keys."""

from flask import current_app

from helix.crypto.secrets import KeyMissing, Vault


def _vault() -> Vault:
    return Vault(list(current_app.config["HELIX"].encryption_keys))


def encrypt(secret: str | None) -> str | None:
    return _vault().encrypt(secret) if secret else None


def decrypt(sealed_secret: str | None) -> str | None:
    return _vault().decrypt(sealed_secret) if sealed_secret else None


def equals(sealed_secret: str | None, secret: str | None) -> bool:
    """Whether it is this very secret. One that none of the keys opens (any more) is another."""
    try:
        return decrypt(sealed_secret) == secret
    except KeyMissing:
        return False


def can_decrypt(sealed_secret: str) -> bool:
    try:
        decrypt(sealed_secret)
    except KeyMissing:
        return False
    return True
