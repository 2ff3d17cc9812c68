"""Sends mail over SMTP. Runs in jobs of quick workers, because mail servers can be slow."""

import smtplib
import ssl
from email.message import EmailMessage
from email.utils import formatdate, make_msgid, parseaddr

from helix.errors import Unavailable
from helix.mail.address import SmtpAddress

SECONDS = 15


class Mailer:
    """Sends through the server of SMTP_URL. Without one, `configured` is False and `send` raises Unavailable."""

    def __init__(self, url: str | None) -> None:
        """Raises ValueError if the URL is invalid."""
        self._address = SmtpAddress.parse(url) if url else None

    @property
    def configured(self) -> bool:
        return self._address is not None

    def send(self, to: str, subject: str, text: str) -> None:
        """Send one plain-text mail, with a timeout of 15 s per step.

        Raises Unavailable if the server cannot be reached or refuses the mail, ValueError if `to` is no mail address.
        """
        if self._address is None:
            raise Unavailable("No mail server is set up here. Set SMTP_URL, or hand the link over yourself.")
        message = _message(self._address.sender, to, subject, text)
        try:
            with _connected(self._address) as server:
                server.send_message(message)
        except smtplib.SMTPAuthenticationError as error:
            raise Unavailable("The mail server refused our user name or password. Check SMTP_URL.") from error
        except smtplib.SMTPRecipientsRefused as error:
            raise Unavailable("The mail server refused this mail address. Check that it is spelled right.") from error
        except ssl.SSLError as error:
            raise Unavailable("The mail server's certificate cannot be trusted. Check SMTP_URL.") from error
        except (smtplib.SMTPException, OSError) as error:
            raise Unavailable(
                f"The mail server at {self._address.host} could not take the mail. Try again later."
            ) from error


def _connected(address: SmtpAddress) -> smtplib.SMTP:
    """A session with encryption and login as configured."""
    context = ssl.create_default_context()
    if address.tls:
        server: smtplib.SMTP = smtplib.SMTP_SSL(address.host, address.port, timeout=SECONDS, context=context)
    else:
        server = smtplib.SMTP(address.host, address.port, timeout=SECONDS)
    try:
        _start_tls(server, address, context)
        if address.user:
            server.login(address.user, address.password or "")
    except BaseException:
        server.close()
        raise
    return server


def _start_tls(server: smtplib.SMTP, address: SmtpAddress, context: ssl.SSLContext) -> None:
    server.ehlo_or_helo_if_needed()
    if address.tls or address.starttls == "never":
        return
    if server.has_extn("starttls"):
        server.starttls(context=context)
        server.ehlo()
    elif address.starttls == "required" or (address.user and not address.on_this_machine):
        raise Unavailable(
            "The mail server offers no encryption, so our password was not sent. "
            "Use smtps://, or add ?starttls=never to SMTP_URL if that network is trusted."
        )


def _message(sender: str, to: str, subject: str, text: str) -> EmailMessage:
    recipient = parseaddr(to)[1]
    if "@" not in recipient or any(ord(character) < 32 for character in to):
        raise ValueError("That is no mail address.")
    message = EmailMessage()
    message["From"] = sender
    message["To"] = recipient
    # A line break in a header would begin another header.
    message["Subject"] = " ".join(subject.split())
    message["Date"] = formatdate()
    message["Message-ID"] = make_msgid(domain=parseaddr(sender)[1].rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    return message
