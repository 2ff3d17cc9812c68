"""Security headers on every response, and which proxies are trusted."""

from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask, Response, request
from werkzeug.middleware.proxy_fix import ProxyFix

from helix.settings import Settings

POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "connect-src 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "object-src 'none'",
    )
)
YEAR = 31_536_000


HEADERS = (
    ("Content-Security-Policy", POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),
    ("X-Frame-Options", "DENY"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=()"),
)


def init_app(app: Flask) -> None:
    settings: Settings = app.config["HELIX"]
    tls = (("Strict-Transport-Security", f"max-age={YEAR}; includeSubDomains"),) if settings.uses_https else ()
    app.wsgi_app = _add_headers(HEADERS + tls, app.wsgi_app)  # type: ignore[method-assign]
    if settings.trusted_proxies:
        count = settings.trusted_proxies
        # Not x_host: proxies pass `Host`, and a client could set an X-Forwarded-Host that the proxy does not overwrite.
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=0)  # type: ignore[method-assign]
    app.after_request(_private)


def _add_headers(more: Iterable[tuple[str, str]], inner: Callable[..., Any]) -> Callable[..., Any]:
    """WSGI middleware that adds missing headers. Cheaper here than in an `after_request` function."""
    defaults = [(name.lower(), (name, value)) for name, value in more]

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            present = {name.lower() for name, _value in headers}
            headers += [header for name, header in defaults if name not in present]
            return start_response(status, headers, exc_info)

        return inner(environ, start)

    return answer


def _private(response: Response) -> Response:
    # Pages are personal: no shared cache may store them, and no browser may show them after sign-out.
    response.headers.setdefault("Cache-Control", "private, no-store")
    is_page = response.mimetype == "text/html" or response.status_code in (301, 302, 303)
    if is_page and not request.path.startswith("/api"):
        # A page and its partial have the same URL.
        response.vary.update(("Cookie", "HX-Request", "HX-Request-Type"))
    return response
