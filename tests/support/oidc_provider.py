"""A small OpenID provider on this machine: discovery, code flow with PKCE, RS256 keys. It can return false claims."""

import base64
import hmac
import json
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT_ID, CLIENT_SECRET = "helix-client", "canary-oidc-client-secret"
_KEY = RSAKey.generate_key(2048, {"kid": "first", "use": "sig"})
_STRANGE_KEY = RSAKey.generate_key(2048, {"kid": "first", "use": "sig"})


def _letters(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


@dataclass
class OidcProvider:
    """`person` are the claims of who signs in. `lie` may change the ID token's claims, `sign` how it is signed."""

    person: dict[str, Any] = field(default_factory=dict)
    lie: Callable[[dict[str, Any]], Any] = lambda claims: None
    sign: str = "RS256"
    in_the_token: bool = True
    metadata: dict[str, Any] = field(default_factory=dict)
    refuse: bool = False
    asked: list[str] = field(default_factory=list)
    # What browsers came with to have somebody sign in.
    wishes: list[dict[str, str]] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    tokens: dict[str, dict[str, Any]] = field(default_factory=dict)

    def __enter__(self) -> "OidcProvider":
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.answer(self, {})

            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                provider.answer(self, parse_qs(self.rfile.read(length).decode()))

            def log_message(self, *_: Any) -> None:
                """The test looks at `asked`."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, request: BaseHTTPRequestHandler, form: dict[str, list[str]]) -> None:
        path = urlsplit(request.path)
        self.asked.append(path.path)
        if path.path == "/.well-known/openid-configuration":
            return self._send(request, 200, self._discovery())
        if path.path == "/authorize":
            return self._authorize(request, {name: values[0] for name, values in parse_qs(path.query).items()})
        if path.path == "/token":
            return self._token(request, {name: values[0] for name, values in form.items()})
        if path.path == "/userinfo":
            token = request.headers.get("Authorization", "").removeprefix("Bearer ")
            return self._send(request, 200 if token in self.tokens else 401, self.tokens.get(token, {}))
        if path.path == "/keys":
            return self._send(request, 200, {"keys": [_KEY.as_dict(private=False)]})
        return self._send(request, 404, {})

    def _discovery(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "jwks_uri": f"{self.issuer}/keys",
            "response_types_supported": ["code"],
            "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
            **self.metadata,
        }

    def _authorize(self, request: BaseHTTPRequestHandler, asked: dict[str, str]) -> None:
        """Whoever asks is signed in as `person`."""
        self.wishes.append(asked)
        assert asked["client_id"] == CLIENT_ID
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split()
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        back = {"error": "access_denied"} if self.refuse else {"code": code, "iss": self.issuer}
        request.send_response(302)
        request.send_header("Location", f"{asked['redirect_uri']}?{urlencode({'state': asked['state'], **back})}")
        request.end_headers()

    def _token(self, request: BaseHTTPRequestHandler, form: dict[str, str]) -> None:
        asked = self.codes.pop(form.get("code", ""), None)
        proven = asked and create_s256_code_challenge(form.get("code_verifier", "")) == asked["code_challenge"]
        if not asked or not proven or not self._knows(request, form) or form["redirect_uri"] != asked["redirect_uri"]:
            return self._send(request, 400, {"error": "invalid_grant", "error_description": json.dumps(form)})
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": asked["nonce"]}
        claims |= self.person if self.in_the_token else {"sub": self.person["sub"]}
        self.lie(claims)
        access_token = secrets.token_urlsafe(16)
        self.tokens[access_token] = dict(self.person)
        return self._send(
            request, 200, {"access_token": access_token, "token_type": "Bearer", "id_token": self._signed(claims)}
        )

    def _knows(self, request: BaseHTTPRequestHandler, form: dict[str, str]) -> bool:
        basic = request.headers.get("Authorization", "").removeprefix("Basic ")
        name, _, secret = base64.b64decode(basic).decode().partition(":") if basic else ("", "", "")
        given = (unquote(name), unquote(secret)) if basic else (form.get("client_id"), form.get("client_secret"))
        return given == (CLIENT_ID, CLIENT_SECRET)

    def _signed(self, claims: dict[str, Any]) -> str:
        if self.sign in ("none", "HS256"):
            header = {"alg": self.sign, "typ": "JWT", "kid": "first"}
            letters = f"{_letters(json.dumps(header).encode())}.{_letters(json.dumps(claims).encode())}"
            # With the public key as the shared secret: what a library falls for that lets the token choose.
            shared = hmac.digest(_KEY.as_pem(private=False), letters.encode(), "sha256")
            return f"{letters}.{_letters(shared) if self.sign == 'HS256' else ''}"
        key = _STRANGE_KEY if self.sign == "strange" else _KEY
        return jwt.encode({"alg": "RS256", "kid": "first"}, claims, key)

    @staticmethod
    def _send(request: BaseHTTPRequestHandler, status: int, body: dict[str, Any]) -> None:
        content = json.dumps(body).encode()
        request.send_response(status)
        request.send_header("Content-Type", "application/json")
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        request.wfile.write(content)
