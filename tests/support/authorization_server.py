"""An MCP server that asks for a token, and the authorization server that gives them, on this machine.

It does what RFC 8414, 9728, 7591, 7636, 8707 and 9207 ask of it, and its fields make it break a rule.
"""

import base64
import json
import secrets
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from authlib.oauth2.rfc7636 import create_s256_code_challenge

CLIENT_ID, CLIENT_SECRET = "client-entered-by-hand", "canary-oauth-client-secret"


@dataclass
class AuthorizationServer:
    """`metadata` and `resource_metadata` replace what it says about itself. `revoked`: no token is renewed any more.

    `url`: of another MCP server that it protects, in place of its own. `life`: seconds of a token, None to say nothing.
    `rotates`: each refresh token is good for one renewal. `revokes`: clients can end their tokens (RFC 7009).
    """

    metadata: dict[str, Any] = field(default_factory=dict)
    resource_metadata: dict[str, Any] = field(default_factory=dict)
    url: str = ""
    registers: bool = True
    names_metadata: bool = True
    has_metadata: bool = True
    auth_methods: list[str] = field(default_factory=lambda: ["none", "client_secret_basic"])
    life: int | None = 3600
    rotates: bool = True
    revoked: bool = False
    revokes: bool = True
    refuse: bool = False
    delay: float = 0
    # What happened: paths, and the forms of the token endpoint.
    asked: list[str] = field(default_factory=list)
    forms: list[dict[str, str]] = field(default_factory=list)
    clients: dict[str, str | None] = field(default_factory=lambda: {CLIENT_ID: CLIENT_SECRET})
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    valid: set[str] = field(default_factory=set)
    refresh_tokens: set[str] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __enter__(self) -> "AuthorizationServer":
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server._answer(self, b"")

            def do_POST(self) -> None:
                server._answer(self, self.rfile.read(int(self.headers.get("Content-Length", 0))))

            def log_message(self, *_: Any) -> None:
                """The test looks at `asked`."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.origin = f"http://127.0.0.1:{self._server.server_port}"
        self.issuer, self.url = f"{self.origin}/tenant", self.url or f"{self.origin}/mcp"
        self.resource_address = f"{self.origin}/.well-known/oauth-protected-resource/mcp"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._server.shutdown()
        self._server.server_close()

    def allow(self, address: str) -> dict[str, str]:
        """What a browser does that opens `address` and allows it: the query that it comes back with."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert asked["client_id"] in self.clients
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        assert asked["resource"] == self.url
        if self.refuse:
            return {"state": asked["state"], "error": "access_denied", "iss": self.issuer}
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        return {"state": asked["state"], "code": code, "iss": self.issuer}

    def callback(self, address: str) -> str:
        """The path that the browser comes back to."""
        redirect_uri = parse_qs(urlsplit(address).query)["redirect_uri"][0]
        return f"{urlsplit(redirect_uri).path}?{urlencode(self.allow(address))}"

    def _answer(self, request: BaseHTTPRequestHandler, body: bytes) -> None:
        path = urlsplit(request.path).path
        self.asked.append(path)
        if path == "/mcp":
            return self._protected(request)
        if path == "/.well-known/oauth-protected-resource/mcp" and self.has_metadata:
            told = {"resource": self.url, "authorization_servers": [self.issuer], "scopes_supported": ["mail", "files"]}
            return self._send(request, 200, told | self.resource_metadata)
        if path == "/.well-known/oauth-authorization-server/tenant":
            return self._send(request, 200, self._metadata())
        if path == "/register" and self.registers:
            return self._register(request, json.loads(body))
        if path == "/token":
            time.sleep(self.delay)
            with self.lock:
                return self._token(request, {name: values[0] for name, values in parse_qs(body.decode()).items()})
        if path == "/revoke":
            return self._revoke(request, {name: values[0] for name, values in parse_qs(body.decode()).items()})
        return self._send(request, 404, {})

    def _protected(self, request: BaseHTTPRequestHandler) -> None:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if token in self.valid:
            return self._send(request, 200, {"jsonrpc": "2.0", "id": 1, "result": {}})
        named = f', resource_metadata="{self.resource_address}"'
        headers = {"WWW-Authenticate": f'Bearer error="invalid_token"{named if self.names_metadata else ""}'}
        return self._send(request, 401, {}, headers)

    def _metadata(self) -> dict[str, Any]:
        found = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.origin}/authorize",
            "token_endpoint": f"{self.origin}/token",
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": self.auth_methods,
            "authorization_response_iss_parameter_supported": True,
        }
        if self.registers:
            found["registration_endpoint"] = f"{self.origin}/register"
        if self.revokes:
            found["revocation_endpoint"] = f"{self.origin}/revoke"
        return found | self.metadata

    def _register(self, request: BaseHTTPRequestHandler, wanted: dict[str, Any]) -> None:
        method, client_id = wanted["token_endpoint_auth_method"], f"registered-{len(self.clients)}"
        self.clients[client_id] = None if method == "none" else secrets.token_urlsafe(12)
        answer = {"client_id": client_id, "token_endpoint_auth_method": method}
        if self.clients[client_id]:
            answer |= {"client_secret": self.clients[client_id], "client_secret_expires_at": 0}
        return self._send(request, 201, answer)

    def _token(self, request: BaseHTTPRequestHandler, form: dict[str, str]) -> None:
        self.forms.append(form)
        if not self._knows(request, form):
            return self._send(request, 401, {"error": "invalid_client"})
        if form.get("resource") != self.url:
            return self._send(request, 400, {"error": "invalid_target"})
        if form["grant_type"] == "authorization_code":
            asked = self.codes.pop(form["code"], None)
            proven = asked and create_s256_code_challenge(form["code_verifier"]) == asked["code_challenge"]
            if not asked or not proven or asked["redirect_uri"] != form["redirect_uri"]:
                return self._send(request, 400, {"error": "invalid_grant"})
        elif self.revoked or form["refresh_token"] not in self.refresh_tokens:
            return self._send(request, 400, {"error": "invalid_grant", "error_description": "canary of a description"})
        elif self.rotates:
            self.refresh_tokens.discard(form["refresh_token"])
        token, more = f"canary-access-{secrets.token_urlsafe(8)}", f"canary-refresh-{secrets.token_urlsafe(8)}"
        self.valid.add(token)
        self.refresh_tokens.add(more)
        answer = {"access_token": token, "token_type": "bearer", "refresh_token": more}
        return self._send(request, 200, answer | ({"expires_in": self.life} if self.life else {}))

    def _revoke(self, request: BaseHTTPRequestHandler, form: dict[str, str]) -> None:
        time.sleep(self.delay)
        if not self._knows(request, form):
            return self._send(request, 401, {"error": "invalid_client"})
        self.valid.discard(form["token"])
        self.refresh_tokens.discard(form["token"])
        # Unknown tokens are answered alike.
        return self._send(request, 200, {})

    def _knows(self, request: BaseHTTPRequestHandler, form: dict[str, str]) -> bool:
        basic = request.headers.get("Authorization", "").removeprefix("Basic ")
        if basic:
            name, _, secret = base64.b64decode(basic).decode().partition(":")
            return self.clients.get(unquote(name), "") == unquote(secret)
        return form.get("client_id") in self.clients and self.clients[form["client_id"]] == form.get("client_secret")

    @staticmethod
    def _send(
        request: BaseHTTPRequestHandler, status: int, body: dict[str, Any], headers: dict[str, str] | None = None
    ) -> None:
        content = json.dumps(body).encode()
        request.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            request.send_header(name, value)
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        request.wfile.write(content)
