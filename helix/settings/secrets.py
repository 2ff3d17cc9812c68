"""The three secrets of an installation: given by the environment, or made up once and kept in the data folder."""

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

SHORTEST = 32
FEWEST_DIFFERENT_CHARACTERS = 10
SHORTEST_TOKEN = 20
# People choose passwords, and type them.
SHORTEST_PASSWORD = 8
FEWEST_IN_A_PASSWORD = 5
WEAK_BEGINNINGS = (
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
    """`encryption_keys` are Fernet keys; the first one encrypts, all of them decrypt."""

    secret_key: str
    jwt_secret_key: str
    encryption_keys: tuple[str, ...]


def from_environment(environment: Environment, folder: Path, *, production: bool) -> Secrets:
    """The secrets to use. In production all must be given and strong; elsewhere what is missing is made up once."""
    secret_key = environment.optional("SECRET_KEY")
    jwt_secret_key = environment.optional("JWT_SECRET_KEY")
    encryption_keys = environment.several("ENCRYPTION_KEYS")
    for key in encryption_keys:
        _check_fernet(key)
    if production:
        return _strong(secret_key, jwt_secret_key, encryption_keys)
    if secret_key and jwt_secret_key and encryption_keys:
        return Secrets(secret_key, jwt_secret_key, encryption_keys)
    kept = _kept(folder)
    return Secrets(
        secret_key or kept.secret_key, jwt_secret_key or kept.jwt_secret_key, encryption_keys or kept.encryption_keys
    )


def password(environment: Environment, name: str, *, production: bool) -> str | None:
    """The first account's password. In production one that anybody would try first is refused."""
    given = environment.optional(name)
    if given and production:
        if len(given) < SHORTEST_PASSWORD:
            raise ConfigurationError(f"{name} must have at least {SHORTEST_PASSWORD} characters in production.")
        if given.lower().startswith(WEAK_BEGINNINGS) or len(set(given)) < FEWEST_IN_A_PASSWORD:
            raise ConfigurationError(f"{name} is easily guessed. {ADVICE}")
    return given


def token(environment: Environment, name: str, *, production: bool) -> str | None:
    """A token that opens something to whoever sends it. In production a short one is refused."""
    given = environment.optional(name)
    if given and production and (len(given) < SHORTEST_TOKEN or len(set(given)) < FEWEST_DIFFERENT_CHARACTERS):
        raise ConfigurationError(
            f"{name} is too short or easily guessed: at least {SHORTEST_TOKEN} characters in production. {ADVICE}"
        )
    return given


def check_strength(secret_key: str | None, jwt_secret_key: str | None, encryption_keys: tuple[str, ...]) -> None:
    """Raises ConfigurationError for what production would refuse."""
    _strong(secret_key, jwt_secret_key, encryption_keys)


def _strong(secret_key: str | None, jwt_secret_key: str | None, encryption_keys: tuple[str, ...]) -> Secrets:
    if not encryption_keys:
        raise ConfigurationError(f"ENCRYPTION_KEYS must be set in production. {KEY_ADVICE}")
    for key in encryption_keys:
        if len(set(base64.urlsafe_b64decode(key))) < FEWEST_DIFFERENT_CHARACTERS:
            raise ConfigurationError(f"ENCRYPTION_KEYS holds a key that is easily guessed. {KEY_ADVICE}")
    checked = _check("SECRET_KEY", secret_key)
    checked_jwt = _check("JWT_SECRET_KEY", jwt_secret_key)
    if checked == checked_jwt:
        raise ConfigurationError(f"SECRET_KEY and JWT_SECRET_KEY must differ. {ADVICE}")
    return Secrets(checked, checked_jwt, encryption_keys)


def _check(name: str, value: str | None) -> str:
    if value is None:
        raise ConfigurationError(f"{name} must be set in production. {ADVICE}")
    if len(value) < SHORTEST:
        raise ConfigurationError(f"{name} is too short: at least {SHORTEST} characters in production. {ADVICE}")
    if value.lower().startswith(WEAK_BEGINNINGS) or len(set(value)) < FEWEST_DIFFERENT_CHARACTERS:
        raise ConfigurationError(f"{name} is easily guessed. {ADVICE}")
    return value


def _check_fernet(key: str) -> None:
    try:
        decoded = base64.b64decode(key.encode(), altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError):
        decoded = b""
    if len(decoded) != 32:
        raise ConfigurationError(f"ENCRYPTION_KEYS holds something that is no Fernet key. {KEY_ADVICE}")


def _kept(folder: Path) -> Secrets:
    """What secrets.json holds; made now if there is none. Two processes that start together agree on one file."""
    path = folder / "secrets.json"
    if not path.exists():
        data_folder.prepare(folder)
        _create(path)
    try:
        path.chmod(0o600)
        found = json.loads(path.read_text())
        return Secrets(found["secret_key"], found["jwt_secret_key"], tuple(found["encryption_keys"]))
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
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=".secrets-")
    try:
        with os.fdopen(descriptor, "w") as file:
            json.dump(content, file)
            file.flush()
            os.fsync(file.fileno())
        # A link appears whole or not at all, and fails where another process was first: then its file counts.
        os.link(draft, path)
    except FileExistsError:
        return
    finally:
        os.unlink(draft)  # noqa: PTH108
