"""The three secrets of an installation: from the environment, or generated once and stored in the data folder."""

import base64
import binascii
import json
import os
import secrets
import tempfile
from dataclasses import dataclass
from pathlib import Path

from helix.settings import data_folder
from helix.settings.environment import ConfigurationError, Environment

MIN_LENGTH = 32
MIN_DISTINCT_CHARACTERS = 10
MIN_TOKEN_LENGTH = 20
# Passwords are chosen and typed by people, so they may be shorter than secrets.
MIN_PASSWORD_LENGTH = 8
MIN_DISTINCT_PASSWORD_CHARACTERS = 5
WEAK_PREFIXES = (
    "changeme",
    "change-me",
    "change_me",
    "secret",
    "dev",
    "test",
    "password",
    "your-",
    "your_",
    "insecure",
)
ADVICE = 'Make one with: python3 -c "import secrets; print(secrets.token_urlsafe(48))"'
KEY_ADVICE = 'Make one with: python3 -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"'


@dataclass(frozen=True, slots=True, repr=False)
class Secrets:
    """`encryption_keys` are Fernet keys: the first encrypts, all of them decrypt."""

    secret_key: str
    jwt_secret_key: str
    encryption_keys: tuple[str, ...]


def from_environment(environment: Environment, folder: Path, *, production: bool) -> Secrets:
    """The secrets to use. Production requires all three, and strong ones; development generates what is missing."""
    secret_key = environment.optional("SECRET_KEY")
    jwt_secret_key = environment.optional("JWT_SECRET_KEY")
    encryption_keys = environment.comma_separated("ENCRYPTION_KEYS")
    for key in encryption_keys:
        _check_fernet_key(key)
    if production:
        return _require_strong(secret_key, jwt_secret_key, encryption_keys)
    if secret_key and jwt_secret_key and encryption_keys:
        return Secrets(secret_key, jwt_secret_key, encryption_keys)
    stored = _load_or_create(folder)
    return Secrets(
        secret_key or stored.secret_key,
        jwt_secret_key or stored.jwt_secret_key,
        encryption_keys or stored.encryption_keys,
    )


def password(environment: Environment, name: str, *, production: bool) -> str | None:
    """The password of the first account. Raises ConfigurationError for a weak one in production."""
    given = environment.optional(name)
    if given and production:
        if len(given) < MIN_PASSWORD_LENGTH:
            raise ConfigurationError(f"{name} must have at least {MIN_PASSWORD_LENGTH} characters in production.")
        if given.lower().startswith(WEAK_PREFIXES) or len(set(given)) < MIN_DISTINCT_PASSWORD_CHARACTERS:
            raise ConfigurationError(f"{name} is easily guessed. {ADVICE}")
    return given


def token(environment: Environment, name: str, *, production: bool) -> str | None:
    """A bearer token. Raises ConfigurationError for a short or weak one in production."""
    given = environment.optional(name)
    if given and production and (len(given) < MIN_TOKEN_LENGTH or len(set(given)) < MIN_DISTINCT_CHARACTERS):
        raise ConfigurationError(
            f"{name} is too short or easily guessed: at least {MIN_TOKEN_LENGTH} characters in production. {ADVICE}"
        )
    return given


def check_strength(secret_key: str | None, jwt_secret_key: str | None, encryption_keys: tuple[str, ...]) -> None:
    """Raises ConfigurationError for secrets that production does not accept."""
    _require_strong(secret_key, jwt_secret_key, encryption_keys)


def _require_strong(secret_key: str | None, jwt_secret_key: str | None, encryption_keys: tuple[str, ...]) -> Secrets:
    if not encryption_keys:
        raise ConfigurationError(f"ENCRYPTION_KEYS must be set in production. {KEY_ADVICE}")
    for key in encryption_keys:
        if len(set(base64.urlsafe_b64decode(key))) < MIN_DISTINCT_CHARACTERS:
            raise ConfigurationError(f"ENCRYPTION_KEYS holds a key that is easily guessed. {KEY_ADVICE}")
    checked_secret = _require_strong_value("SECRET_KEY", secret_key)
    checked_jwt = _require_strong_value("JWT_SECRET_KEY", jwt_secret_key)
    if checked_secret == checked_jwt:
        raise ConfigurationError(f"SECRET_KEY and JWT_SECRET_KEY must differ. {ADVICE}")
    return Secrets(checked_secret, checked_jwt, encryption_keys)


def _require_strong_value(name: str, value: str | None) -> str:
    if value is None:
        raise ConfigurationError(f"{name} must be set in production. {ADVICE}")
    if len(value) < MIN_LENGTH:
        raise ConfigurationError(f"{name} is too short: at least {MIN_LENGTH} characters in production. {ADVICE}")
    if value.lower().startswith(WEAK_PREFIXES) or len(set(value)) < MIN_DISTINCT_CHARACTERS:
        raise ConfigurationError(f"{name} is easily guessed. {ADVICE}")
    return value


def _check_fernet_key(key: str) -> None:
    try:
        decoded = base64.b64decode(key.encode(), altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError):
        decoded = b""
    if len(decoded) != 32:
        raise ConfigurationError(f"ENCRYPTION_KEYS holds something that is no Fernet key. {KEY_ADVICE}")


def _load_or_create(folder: Path) -> Secrets:
    """The secrets in secrets.json, which is created if it is missing. Safe when two processes start together."""
    path = folder / "secrets.json"
    if not path.exists():
        data_folder.prepare(folder)
        _create(path)
    try:
        path.chmod(0o600)
        stored = json.loads(path.read_text())
        return Secrets(stored["secret_key"], stored["jwt_secret_key"], tuple(stored["encryption_keys"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigurationError(
            f"{path} cannot be read or is damaged. Bring it back from a backup: without it stored API keys are lost "
            "and everybody has to sign in again. To accept that, delete the file and start again."
        ) from error


def _create(path: Path) -> None:
    content = {
        "secret_key": secrets.token_urlsafe(48),
        "jwt_secret_key": secrets.token_urlsafe(48),
        "encryption_keys": [base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()],
    }
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".secrets-")
    try:
        with os.fdopen(descriptor, "w") as file:
            json.dump(content, file)
            file.flush()
            os.fsync(file.fileno())
        # `link` is atomic, and fails if another process created the file first: then that one is used.
        os.link(temporary, path)
    except FileExistsError:
        return
    finally:
        os.unlink(temporary)  # noqa: PTH108
