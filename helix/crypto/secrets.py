"""Secrets at rest: Fernet under several keys, the first of which seals."""

from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

HINT_LENGTH = 4


class Vault:
    """Seals and opens strings. `keys` are Fernet keys, the newest first; older ones only open."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._fernet = MultiFernet([Fernet(key) for key in keys])

    def encrypt(self, secret: str) -> str:
        return self._fernet.encrypt(secret.encode()).decode()

    def decrypt(self, sealed: str) -> str:
        """Raises KeyMissing when none of the keys opens it."""
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken as error:
            raise KeyMissing from error

    def rotate(self, sealed: str) -> str:
        """The same secret, sealed under the newest key."""
        try:
            return self._fernet.rotate(sealed.encode()).decode()
        except InvalidToken as error:
            raise KeyMissing from error


class KeyMissing(Exception):
    """A stored secret was sealed under a key that this installation no longer has."""

    def __init__(self) -> None:
        super().__init__("A stored secret cannot be opened: ENCRYPTION_KEYS lacks the key that it was sealed under.")


def key_hint(secret: str) -> str | None:
    """The last four characters, of secrets long enough that this gives nothing away."""
    return secret[-HINT_LENGTH:] if len(secret) >= 3 * HINT_LENGTH else None
