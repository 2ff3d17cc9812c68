"""Keys and tokens at rest, sealed under the installation's encryption keys."""

from flask import current_app

from helix.crypto.secrets import Vault


def _vault() -> Vault:
    return Vault(list(current_app.config["HELIX"].encryption_keys))


def sealed(secret: str | None) -> str | None:
    return _vault().encrypt(secret) if secret else None


def opened(sealed_secret: str | None) -> str | None:
    return _vault().decrypt(sealed_secret) if sealed_secret else None
