"""Secrets that we must be able to read again (API keys, bot tokens), encrypted under keys of their own."""

from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from helix.errors import HelixError

SHORTEST_WITH_HINT = 12


class KeyMissing(HelixError):
    """The stored secret was encrypted with a key that we do not have (any more)."""

    status = 503
    default = (
        "A stored secret cannot be read: the key that encrypted it is not among ENCRYPTION_KEYS. "
        "Put the earlier key back at the end of ENCRYPTION_KEYS, or enter the secret again."
    )


class Vault:
    """Encrypts with the first Fernet key and decrypts with any of them."""

    def __init__(self, keys: Sequence[str]) -> None:
        """Raises KeyMissing without a key, and with one that is no Fernet key."""
        if not keys:
            raise KeyMissing("ENCRYPTION_KEYS is empty, so secrets can neither be stored nor read. Set it and restart.")
        try:
            fernets = [Fernet(key) for key in keys]
        except ValueError as error:
            raise KeyMissing(
                "ENCRYPTION_KEYS holds something that is no Fernet key. Correct it and restart."
            ) from error
        self._newest = fernets[0]
        self._all = MultiFernet(fernets)

    def encrypt(self, secret: str) -> str:
        """Text to store; another one at each call, also for the same secret."""
        return self._all.encrypt(secret.encode()).decode()

    def decrypt(self, stored: str) -> str:
        """The secret. Raises KeyMissing if none of the keys fits, or the stored text was changed."""
        try:
            return self._all.decrypt(stored).decode()
        except (InvalidToken, ValueError) as error:
            raise KeyMissing from error

    def rotate(self, stored: str) -> str:
        """The same secret under the first key. Raises KeyMissing like `decrypt`."""
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
    """The last four characters, for people to tell keys apart. None for a short secret: they would tell too much."""
    return secret[-4:] if len(secret) >= SHORTEST_WITH_HINT else None
