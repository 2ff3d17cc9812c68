"""Parses SMTP_URL: smtp://user:password@host:587, smtps://host:465, ?from=... and ?starttls=..."""

import ipaddress
from dataclasses import dataclass, field
from email.utils import parseaddr
from typing import Literal, cast
from urllib.parse import parse_qs, unquote, urlsplit

PORTS = {"smtp": 587, "smtps": 465}
StartTls = Literal["auto", "required", "never"]


@dataclass(frozen=True, slots=True)
class SmtpAddress:
    """The mail server. With `starttls` `auto`, STARTTLS is used if offered, and required before sending a password."""

    host: str
    port: int
    tls: bool
    starttls: StartTls
    sender: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)

    @classmethod
    def parse(cls, url: str) -> "SmtpAddress":
        """Raises ValueError with a message that does not contain the password."""
        parts = urlsplit(url)
        if parts.scheme not in PORTS or not parts.hostname:
            raise ValueError("SMTP_URL must look like smtp://user:password@host:587 or smtps://user:password@host:465.")
        try:
            port = parts.port or PORTS[parts.scheme]
        except ValueError:
            raise ValueError("SMTP_URL has a port that is no number from 1 to 65535.") from None
        options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        starttls = options.get("starttls", "auto")
        if starttls not in ("auto", "required", "never"):
            raise ValueError("SMTP_URL has starttls that is none of auto, required and never.")
        user = unquote(parts.username) if parts.username else None
        sender = options.get("from") or (user if user and "@" in user else f"helix@{parts.hostname}")
        if "@" not in parseaddr(sender)[1]:
            raise ValueError("SMTP_URL has a from that is no mail address.")
        password = unquote(parts.password) if parts.password else None
        if not f"{user}{password}".isascii():
            raise ValueError("SMTP_URL has a user name or password beyond ASCII, which mail servers do not take.")
        return cls(
            host=parts.hostname,
            port=port,
            tls=parts.scheme == "smtps",
            starttls=cast(StartTls, starttls),
            sender=sender,
            user=user,
            password=password,
        )

    @property
    def on_this_machine(self) -> bool:
        """Whether the server is on this machine, where an unencrypted password is not exposed."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False
