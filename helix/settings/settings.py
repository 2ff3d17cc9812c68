"""The settings of an installation. docs/configuration.md describes every variable."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from helix.settings import data_folder, redis_url, secrets, urls
from helix.settings.environment import ConfigurationError, Environment
from helix.settings.oidc import OidcSettings, oidc_from_environment

MEGABYTE = 1024 * 1024
LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "::1")
# By provider, under the names that the providers themselves use.
PROVIDER_API_KEYS = {
    "openai": "OPENAI_API_KEY",
    "anthropic": "ANTHROPIC_API_KEY",
    "gemini": "GEMINI_API_KEY",
    "mistral": "MISTRAL_API_KEY",
    "groq": "GROQ_API_KEY",
    "openrouter": "OPENROUTER_API_KEY",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Checked settings. Secrets are left out of the `repr`."""

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
    # None: the embedded Redis. `resolved_redis_url` is a URL in either case.
    redis_url: str | None = field(default=None, repr=False)
    embedded_redis: str = "auto"
    files_url: str = field(repr=False)
    smtp_url: str | None = field(default=None, repr=False)
    telegram_api_url: str = "https://api.telegram.org"

    admin_email: str | None = None
    admin_password: str | None = field(default=None, repr=False)
    seed_demo: bool = True
    # Provider to key: these become the first models of an empty database.
    provider_api_keys: Mapping[str, str] = field(default_factory=dict, repr=False)

    run_workers: int = 4
    web_processes: int = 1
    web_threads: int = 600
    max_event_streams: int = 500
    max_upload_mb: int = 10
    max_request_mb: int = 64
    allow_private_model_addresses: bool = True
    allow_private_webhook_addresses: bool = True
    allow_private_tool_addresses: bool = True
    # MCP servers that are programs of this host. None: there are none.
    tools_file: Path | None = None
    max_tool_processes: int = 8

    # None: people sign in with a password only.
    oidc: OidcSettings | None = None

    secret_key: str = field(repr=False)
    jwt_secret_key: str = field(repr=False)
    encryption_keys: tuple[str, ...] = field(repr=False)
    metrics_token: str | None = field(default=None, repr=False)

    # For test suites and demonstrations.
    fast_passwords: bool = False
    demo_delay_seconds: float = 2.0

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> "Settings":
        """Read the settings. In development, missing secrets are generated and stored in the data folder.

        Raises ConfigurationError for the first invalid value.
        """
        env = Environment(environ)
        kind = env.choice("ENVIRONMENT", ("development", "production"), "development")
        production = kind == "production"
        data_dir = Path(env.text("DATA_DIR", "data")).expanduser().absolute()
        threads = env.integer("WEB_THREADS", 600, minimum=4, maximum=4000)
        found = secrets.from_environment(env, data_dir, production=production)
        return cls(
            environment=kind,
            host=env.text("HOST", "127.0.0.1"),
            port=env.integer("PORT", 8000, minimum=1, maximum=65535),
            public_url=_public_url(env),
            trusted_proxies=env.integer("TRUSTED_PROXIES", 0, minimum=0, maximum=10),
            log_format=env.choice("LOG_FORMAT", ("console", "json"), "json" if production else "console"),
            log_level=env.choice("LOG_LEVEL", ("debug", "info", "warning", "error"), "info"),
            access_log=env.boolean("ACCESS_LOG", default=production),
            data_dir=data_dir,
            database_url=urls.database_url(env.optional("DATABASE_URL"), data_dir),
            redis_url=redis_url.check(env.optional("REDIS_URL")),
            embedded_redis=env.choice("EMBEDDED_REDIS", ("auto", "system", "bundled"), "auto"),
            files_url=urls.require_scheme("FILES_URL", env.optional("FILES_URL"), ("file", "s3"))
            or f"file://{data_dir / 'files'}",
            smtp_url=urls.require_scheme("SMTP_URL", env.optional("SMTP_URL"), ("smtp", "smtps")),
            telegram_api_url=_without_trailing_slash(
                urls.require_scheme("TELEGRAM_API_URL", env.optional("TELEGRAM_API_URL"), ("https", "http"))
            )
            or "https://api.telegram.org",
            admin_email=env.optional("ADMIN_EMAIL"),
            admin_password=secrets.password(env, "ADMIN_PASSWORD", production=production),
            seed_demo=env.boolean("SEED_DEMO", default=True),
            provider_api_keys=_provider_api_keys(env),
            run_workers=env.integer("RUN_WORKERS", 4, minimum=1, maximum=200),
            web_processes=env.integer("WEB_PROCESSES", 2 if production else 1, minimum=1, maximum=64),
            web_threads=threads,
            # The other threads stay free for requests, however many pages are open.
            max_event_streams=env.integer("MAX_EVENT_STREAMS", threads * 5 // 6, minimum=1, maximum=threads - 2),
            max_upload_mb=env.integer("MAX_UPLOAD_MB", 10, minimum=1, maximum=1000),
            max_request_mb=env.integer("MAX_REQUEST_MB", 64, minimum=1, maximum=4000),
            allow_private_model_addresses=env.boolean("ALLOW_PRIVATE_MODEL_ADDRESSES", default=not production),
            allow_private_webhook_addresses=env.boolean("ALLOW_PRIVATE_WEBHOOK_ADDRESSES", default=not production),
            allow_private_tool_addresses=env.boolean("ALLOW_PRIVATE_TOOL_ADDRESSES", default=not production),
            tools_file=Path(given).expanduser().absolute() if (given := env.optional("TOOLS_FILE")) else None,
            max_tool_processes=env.integer("MAX_TOOL_PROCESSES", 8, minimum=1, maximum=200),
            oidc=oidc_from_environment(env, production=production),
            secret_key=found.secret_key,
            jwt_secret_key=found.jwt_secret_key,
            encryption_keys=found.encryption_keys,
            metrics_token=secrets.token(env, "METRICS_TOKEN", production=production),
            fast_passwords=_fast_passwords(env, production=production),
            demo_delay_seconds=env.number("HELIX_DEMO_DELAY_SECONDS", 2.0, minimum=0, maximum=600),
        )

    @property
    def production(self) -> bool:
        return self.environment == "production"

    @property
    def resolved_redis_url(self) -> str:
        """REDIS_URL, else the socket of the embedded Redis, which every process of an installation finds."""
        return self.redis_url or urls.unix_socket_url(data_folder.redis_socket(self.data_dir))

    @property
    def base_url(self) -> str:
        """PUBLIC_URL, else host and port."""
        return self.public_url or urls.local_url(self.host, self.port)

    def require_writable_folders(self) -> None:
        """Raises ConfigurationError if the data folder or the folder of FILES_URL cannot be written to."""
        data_folder.require_writable(self.data_dir, self.files_url)

    def warnings(self) -> list[str]:
        """Sentences about risky combinations of settings, each with what to change."""
        sentences = []
        if self.production and not self.uses_https:
            given = f"PUBLIC_URL is {self.public_url}" if self.public_url else "PUBLIC_URL is not set"
            sentences.append(
                f"{given}: without https, passwords and session cookies can be read on their way. Put TLS in front, "
                "and set PUBLIC_URL to the https:// address that people type."
            )
        if not self.production and self.host not in LOOPBACK_HOSTS:
            sentences.append(
                f"This installation listens on {self.host} and runs with ENVIRONMENT=development. "
                "Set ENVIRONMENT=production where others than you can reach it."
            )
        return sentences

    @property
    def description(self) -> str:
        """Database, data folder and files, without passwords: shows which installation a command works on."""
        parts = [f"Database: {urls.without_password(self.database_url)}", f"data folder: {self.data_dir}"]
        if self.files_url != f"file://{self.data_dir / 'files'}":
            parts.append(f"files: {self.files_url}")
        return "; ".join(parts)

    @property
    def uses_https(self) -> bool:
        return (self.public_url or "").startswith("https://")

    def secret_values(self) -> list[str | None]:
        """All secrets, to be masked in logs."""
        passwords = [urlsplit(url).password for url in (self.database_url, self.redis_url, self.smtp_url) if url]
        # PostgreSQL also accepts the password in the query.
        passwords += parse_qs(urlsplit(self.database_url).query).get("password", [])
        values = [self.secret_key, self.jwt_secret_key, *self.encryption_keys, self.metrics_token, self.admin_password]
        values.append(self.oidc.client_secret if self.oidc else None)
        values += self.provider_api_keys.values()
        if sentinels := redis_url.parse_sentinels(self.redis_url or ""):
            values += [sentinels.password, sentinels.sentinel_password]
        return [*values, *passwords, *(unquote(password) for password in passwords if password)]

    def to_flask(self) -> dict[str, Any]:
        """The configuration of Flask and its extensions; `HELIX` is this object."""
        # Browsers share cookies between ports: the name keeps two installations on one host apart.
        name = "__Host-helix" if self.uses_https else f"helix_{self.port}"
        return {
            "HELIX": self,
            "SECRET_KEY": self.secret_key,
            "SESSION_COOKIE_NAME": name,
            "SESSION_COOKIE_HTTPONLY": True,
            "SESSION_COOKIE_SAMESITE": "Lax",
            "SESSION_COOKIE_SECURE": self.uses_https,
            "REMEMBER_COOKIE_NAME": f"{name}_remember",
            "REMEMBER_COOKIE_HTTPONLY": True,
            "REMEMBER_COOKIE_SAMESITE": "Lax",
            "REMEMBER_COOKIE_SECURE": self.uses_https,
            "PREFERRED_URL_SCHEME": "https" if self.uses_https else "http",
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
        # A query outside a transaction needs no BEGIN and ROLLBACK: one round trip in place of three.
        # helix/db/engine.py begins a transaction for writes and replaces broken connections.
        return {
            "isolation_level": "AUTOCOMMIT",
            "pool_size": 10,
            "max_overflow": 20,
            "connect_args": urls.connect_args(self.database_url),
            "json_deserializer": _load_json,
        }


# `json.loads` detects the encoding and strips blanks first, which costs more than parsing a short list.
_decode_json = json.JSONDecoder().raw_decode


def _load_json(value: bytes) -> Any:
    """A JSON value as psycopg returns it."""
    return _decode_json(str(value, "utf-8"))[0]


def _public_url(env: Environment) -> str | None:
    given = env.optional("PUBLIC_URL")
    try:
        return urls.parse_public_url(given) if given else None
    except ValueError as error:
        raise ConfigurationError(f"PUBLIC_URL {error}.") from error


def _provider_api_keys(env: Environment) -> dict[str, str]:
    keys = {provider: env.optional(name) for provider, name in PROVIDER_API_KEYS.items()}
    return {provider: key for provider, key in keys.items() if key}


def _fast_passwords(env: Environment, *, production: bool) -> bool:
    fast = env.boolean("HELIX_FAST_PASSWORDS", default=False)
    if fast and production:
        raise ConfigurationError(
            "HELIX_FAST_PASSWORDS=1 stores passwords so that they are easily guessed, for test suites alone. "
            "Take it away in production."
        )
    return fast


def _without_trailing_slash(address: str | None) -> str | None:
    return address.rstrip("/") if address else None
