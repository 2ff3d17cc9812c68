"""Every setting of an installation, read once from the environment. docs/configuration.md is the table of them."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from helix.settings import addresses, data_folder, redis_address, secrets
from helix.settings.environment import ConfigurationError, Environment
from helix.settings.oidc import OidcSettings, oidc_from_environment

__all__ = ["ConfigurationError", "Settings"]

MEGABYTE = 1024 * 1024
OWN_MACHINE = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the environment says, checked and brought into one form. Nothing secret shows in its `repr`."""

    environment: str = "development"
    host: str = "127.0.0.1"
    port: int = 8000
    public_url: str | None = None
    trusted_proxies: int = 0
    log_format: str = "console"
    log_level: str = "info"
    access_log: bool = False

    data_dir: Path
    database_url: str = field(repr=False)
    # None: the embedded one. `redis_address` is the address in either case.
    redis_url: str | None = field(default=None, repr=False)
    embedded_redis: str = "auto"
    files_url: str = field(repr=False)
    smtp_url: str | None = field(default=None, repr=False)
    telegram_api_url: str = "https://api.telegram.org"

    admin_email: str | None = None
    admin_password: str | None = field(default=None, repr=False)
    seed_demo: bool = True

    run_workers: int = 4
    web_processes: int = 1
    web_threads: int = 600
    max_event_streams: int = 500
    max_upload_mb: int = 10
    max_request_mb: int = 64
    allow_private_model_addresses: bool = True
    allow_private_webhook_addresses: bool = True

    # None: people sign in by password alone.
    oidc: OidcSettings | None = None

    secret_key: str = field(repr=False)
    jwt_secret_key: str = field(repr=False)
    encryption_keys: tuple[str, ...] = field(repr=False)
    metrics_token: str | None = field(default=None, repr=False)

    # For tests and demonstrations.
    fast_passwords: bool = False
    demo_delay_seconds: float = 2.0

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> "Settings":
        """Read the settings. Outside production, missing secrets are made up and kept in the data folder.

        Raises ConfigurationError with a sentence for the first value that cannot be used.
        """
        env = Environment(environ)
        kind = env.choice("ENVIRONMENT", ("development", "production"), "development")
        production = kind == "production"
        data_dir = Path(env.text("DATA_DIR", "data")).expanduser().absolute()
        threads = env.whole("WEB_THREADS", 600, least=4, most=4000)
        kept = secrets.from_environment(env, data_dir, production=production)
        return cls(
            environment=kind,
            host=env.text("HOST", "127.0.0.1"),
            port=env.whole("PORT", 8000, least=1, most=65535),
            public_url=_public_url(env),
            trusted_proxies=env.whole("TRUSTED_PROXIES", 0, least=0, most=10),
            log_format=env.choice("LOG_FORMAT", ("console", "json"), "json" if production else "console"),
            log_level=env.choice("LOG_LEVEL", ("debug", "info", "warning", "error"), "info"),
            access_log=env.flag("ACCESS_LOG", default=production),
            data_dir=data_dir,
            database_url=addresses.database(env.optional("DATABASE_URL"), data_dir),
            redis_url=redis_address.checked(env.optional("REDIS_URL")),
            embedded_redis=env.choice("EMBEDDED_REDIS", ("auto", "system", "bundled"), "auto"),
            files_url=addresses.checked("FILES_URL", env.optional("FILES_URL"), ("file", "s3"))
            or f"file://{data_dir / 'files'}",
            smtp_url=addresses.checked("SMTP_URL", env.optional("SMTP_URL"), ("smtp", "smtps")),
            telegram_api_url=_without_slash(
                addresses.checked("TELEGRAM_API_URL", env.optional("TELEGRAM_API_URL"), ("https", "http"))
            )
            or "https://api.telegram.org",
            admin_email=env.optional("ADMIN_EMAIL"),
            admin_password=secrets.password(env, "ADMIN_PASSWORD", production=production),
            seed_demo=env.flag("SEED_DEMO", default=True),
            run_workers=env.whole("RUN_WORKERS", 4, least=1, most=200),
            web_processes=env.whole("WEB_PROCESSES", 2 if production else 1, least=1, most=64),
            web_threads=threads,
            # The rest of the threads stays free for answers, however many pages are open.
            max_event_streams=env.whole("MAX_EVENT_STREAMS", threads * 5 // 6, least=1, most=threads - 2),
            max_upload_mb=env.whole("MAX_UPLOAD_MB", 10, least=1, most=1000),
            max_request_mb=env.whole("MAX_REQUEST_MB", 64, least=1, most=4000),
            allow_private_model_addresses=env.flag("ALLOW_PRIVATE_MODEL_ADDRESSES", default=not production),
            allow_private_webhook_addresses=env.flag("ALLOW_PRIVATE_WEBHOOK_ADDRESSES", default=not production),
            oidc=oidc_from_environment(env, production=production),
            secret_key=kept.secret_key,
            jwt_secret_key=kept.jwt_secret_key,
            encryption_keys=kept.encryption_keys,
            metrics_token=secrets.token(env, "METRICS_TOKEN", production=production),
            fast_passwords=_fast_passwords(env, production=production),
            demo_delay_seconds=env.number("HELIX_DEMO_DELAY_SECONDS", 2.0, least=0, most=600),
        )

    @property
    def production(self) -> bool:
        return self.environment == "production"

    @property
    def redis_address(self) -> str:
        """The Redis to connect to. A process started by hand finds the embedded one of a running installation."""
        return self.redis_url or addresses.unix_redis(data_folder.redis_socket(self.data_dir))

    @property
    def address(self) -> str:
        """Where people open it: PUBLIC_URL, else this machine and port."""
        return self.public_url or addresses.web(self.host, self.port)

    def require_writable_folders(self) -> None:
        """Raises ConfigurationError where files could not be kept: for processes that serve."""
        data_folder.require_writable(self.data_dir, self.files_url)

    def warnings(self) -> list[str]:
        """What this installation may do and should not: sentences that say what to change."""
        found = []
        if self.production and not self.behind_tls:
            given = f"PUBLIC_URL is {self.public_url}" if self.public_url else "PUBLIC_URL is not set"
            found.append(
                f"{given}: without https, passwords and session cookies can be read on their way. Put TLS in front, "
                "and set PUBLIC_URL to the https:// address that people type."
            )
        if not self.production and self.host not in OWN_MACHINE:
            found.append(
                f"This installation listens on {self.host} and runs with ENVIRONMENT=development. "
                "Set ENVIRONMENT=production where others than you can reach it."
            )
        return found

    @property
    def place(self) -> str:
        """Which installation this is, for a person who may have named another: no password is in it."""
        found = [f"Database: {addresses.without_password(self.database_url)}", f"data folder: {self.data_dir}"]
        if self.files_url != f"file://{self.data_dir / 'files'}":
            found.append(f"files: {self.files_url}")
        return "; ".join(found)

    @property
    def behind_tls(self) -> bool:
        return (self.public_url or "").startswith("https://")

    def secret_values(self) -> list[str | None]:
        """What must never be read anywhere, such as in a log line."""
        passwords = [urlsplit(url).password for url in (self.database_url, self.redis_url, self.smtp_url) if url]
        # PostgreSQL takes one from the options of its address as well.
        passwords += parse_qs(urlsplit(self.database_url).query).get("password", [])
        secrets = [self.secret_key, self.jwt_secret_key, *self.encryption_keys, self.metrics_token, self.admin_password]
        secrets.append(self.oidc.client_secret if self.oidc else None)
        if watched := redis_address.sentinels(self.redis_url or ""):
            secrets += [watched.password, watched.sentinel_password]
        return [*secrets, *passwords, *(unquote(password) for password in passwords if password)]

    def to_flask(self) -> dict[str, Any]:
        """The same, as the keys that Flask and its extensions read; `HELIX` is this object itself."""
        # Cookies know no ports: without it in the name, a second installation here would end the first's sessions.
        name = "__Host-helix" if self.behind_tls else f"helix_{self.port}"
        return {
            "HELIX": self,
            "SECRET_KEY": self.secret_key,
            "SESSION_COOKIE_NAME": name,
            "SESSION_COOKIE_HTTPONLY": True,
            "SESSION_COOKIE_SAMESITE": "Lax",
            "SESSION_COOKIE_SECURE": self.behind_tls,
            "REMEMBER_COOKIE_NAME": f"{name}_remember",
            "REMEMBER_COOKIE_HTTPONLY": True,
            "REMEMBER_COOKIE_SAMESITE": "Lax",
            "REMEMBER_COOKIE_SECURE": self.behind_tls,
            "PREFERRED_URL_SCHEME": "https" if self.behind_tls else "http",
            "JWT_SECRET_KEY": self.jwt_secret_key,
            "JWT_ALGORITHM": "HS256",
            "JWT_DECODE_ALGORITHMS": ["HS256"],
            "JWT_TOKEN_LOCATION": ["headers"],
            "JWT_ACCESS_TOKEN_EXPIRES": timedelta(hours=24),
            "SQLALCHEMY_DATABASE_URI": self.database_url,
            "SQLALCHEMY_ENGINE_OPTIONS": self._engine_options(),
            "WTF_CSRF_TIME_LIMIT": None,
            "MAX_CONTENT_LENGTH": self.max_request_mb * MEGABYTE,
            "MAX_FORM_MEMORY_SIZE": 2 * MEGABYTE,
        }

    def _engine_options(self) -> dict[str, Any]:
        if self.database_url.startswith("sqlite"):
            return {}
        # Each reading statement stands for itself, without BEGIN and ROLLBACK around it: a round trip in place of
        # three. helix/db/engine.py opens a transaction for what writes, and looks after connections that broke.
        return {
            "isolation_level": "AUTOCOMMIT",
            "pool_size": 10,
            "max_overflow": 20,
            "connect_args": addresses.patience(self.database_url),
            "json_deserializer": _json_value,
        }


# The standard library would guess an encoding first, and look for blanks around: a list of tags is not worth that.
_read_json = json.JSONDecoder().raw_decode


def _json_value(stored: bytes) -> Any:
    """As PostgreSQL hands it out."""
    return _read_json(str(stored, "utf-8"))[0]


def _public_url(env: Environment) -> str | None:
    given = env.optional("PUBLIC_URL")
    try:
        return addresses.web_address(given) if given else None
    except ValueError as error:
        raise ConfigurationError(f"PUBLIC_URL {error}.") from error


def _fast_passwords(env: Environment, *, production: bool) -> bool:
    fast = env.flag("HELIX_FAST_PASSWORDS", default=False)
    if fast and production:
        raise ConfigurationError(
            "HELIX_FAST_PASSWORDS=1 stores passwords so that they are easily guessed, for test suites alone. "
            "Take it away in production."
        )
    return fast


def _without_slash(address: str | None) -> str | None:
    return address.rstrip("/") if address else None
