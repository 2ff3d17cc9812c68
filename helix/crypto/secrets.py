"""Encryption of stored secrets that must be readable again (API keys, bot tokens)."""

from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from helix.errors import HelixError

SHORTEST_WITH_HINT = 12


class KeyMissing(HelixError):
    """The stored secret was encrypted with a key that is not configured."""

    status = 503
    default = (
        "A stored secret cannot be read: the key that encrypted it is not among ENCRYPTION_KEYS. "
        "Put the earlier key back at the end of ENCRYPTION_KEYS, or enter the secret again."
    )


class Vault:
    """Encrypts with the first Fernet key and decrypts with any of them."""

    def __init__(self, keys: Sequence[str]) -> None:
        """Raises KeyMissing without keys or with an invalid Fernet key."""
        if not keys:
            raise KeyMissing("ENCRYPTION_KEYS is empty, so secrets can neither be stored nor read. Set it and restart.")
        try:
            fernets = [Fernet(key) for key in keys]
        except ValueError as error:
            raise KeyMissing("ENCRYPTION_KEYS contains an invalid Fernet key. Correct it and restart.") from error
        self._newest = fernets[0]
        self._all = MultiFernet(fernets)

    def encrypt(self, secret: str) -> str:
        """The encrypted text, different at each call."""
        return self._all.encrypt(secret.encode()).decode()

    def decrypt(self, stored: str) -> str:
        """The secret. Raises KeyMissing if none of the keys fits, or the stored text was changed."""
        try:
            return self._all.decrypt(stored).decode()
        except (InvalidToken, ValueError) as error:
            raise KeyMissing from error

    def rotate(self, stored: str) -> str:
        """Re-encrypt with the first key. Raises KeyMissing like `decrypt`."""
        try:
            return self._all.rotate(stored).decode()
        except (InvalidToken, ValueError) as error:
            raise KeyMissing from error

    def is_current(self, stored: str) -> bool:
        """Whether the first key encrypted it, so that nothing is left to rotate."""
        try:
            self._newest.decrypt(stored)
        except (InvalidToken, ValueError):
            return False
        return True


def key_hint(secret: str) -> str | None:
    """The last four characters, so that people can distinguish keys. None for secrets too short to reveal them."""
    return secret[-4:] if len(secret) >= SHORTEST_WITH_HINT else None
