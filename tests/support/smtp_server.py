"""A small real SMTP server in a thread that records what it receives."""

import base64
import socketserver
import ssl
import threading
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage


@dataclass
class Delivery:
    sender: str
    recipients: list[str]
    message: EmailMessage
    encrypted: bool
    signed_in_as: tuple[str, str] | None


@dataclass
class SmtpServer:
    """`offers` are EHLO extensions; `refuses` maps a verb (such as "RCPT") to the answer it gets."""

    context: ssl.SSLContext | None = None
    tls_from_the_start: bool = False
    password: str | None = None
    refuses: dict[str, str] = field(default_factory=dict)
    deliveries: list[Delivery] = field(default_factory=list)
    verbs: list[str] = field(default_factory=list)

    def __enter__(self) -> "SmtpServer":
        told = self

        class Handler(_Conversation):
            server_state = told

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Conversation(socketserver.StreamRequestHandler):
    server_state: SmtpServer

    def handle(self) -> None:
        self.encrypted, self.signed_in_as, self.sender, self.recipients = False, None, "", []
        try:
            if self.server_state.tls_from_the_start:
                self._encrypt()
            self._say("220 test ready")
            while line := self.rfile.readline().decode().strip():
                verb = line.split(" ")[0].upper()
                self.server_state.verbs.append(verb)
                if refusal := self.server_state.refuses.get(verb):
                    self._say(refusal)
                elif not getattr(self, f"do_{verb.lower()}", self.do_other)(line):
                    return
        except OSError:
            # The client went away in the middle, which some tests are about.
            return

    def do_ehlo(self, line: str) -> bool:
        offers = ["test"]
        if self.server_state.context and not self.encrypted:
            offers.append("STARTTLS")
        if self.server_state.password:
            offers.append("AUTH PLAIN")
        for offer in offers[:-1]:
            self._say(f"250-{offer}")
        return self._say(f"250 {offers[-1]}")

    def do_starttls(self, line: str) -> bool:
        self._say("220 go on")
        self._encrypt()
        return True

    def do_auth(self, line: str) -> bool:
        _, user, password = base64.b64decode(line.split(" ")[2]).decode().split("\0")
        if password != self.server_state.password:
            return self._say("535 wrong")
        self.signed_in_as = (user, password)
        return self._say("235 welcome")

    def do_mail(self, line: str) -> bool:
        self.sender = line.split("<")[1].split(">")[0]
        return self._say("250 ok")

    def do_rcpt(self, line: str) -> bool:
        self.recipients.append(line.split("<")[1].split(">")[0])
        return self._say("250 ok")

    def do_data(self, line: str) -> bool:
        self._say("354 go on")
        lines = []
        while (received := self.rfile.readline()) != b".\r\n":
            lines.append(received.removeprefix(b".") if received.startswith(b"..") else received)
        message = message_from_bytes(b"".join(lines), policy=policy.default)
        self.server_state.deliveries.append(
            Delivery(self.sender, self.recipients, message, self.encrypted, self.signed_in_as)
        )
        return self._say("250 taken")

    def do_quit(self, line: str) -> bool:
        self._say("221 bye")
        return False

    def do_other(self, line: str) -> bool:
        return self._say("250 ok")

    def _encrypt(self) -> None:
        assert self.server_state.context
        self.request = self.server_state.context.wrap_socket(self.request, server_side=True)
        self.setup()
        self.encrypted = True

    def _say(self, line: str) -> bool:
        self.wfile.write(line.encode() + b"\r\n")
        return True
