import socket

import pytest

from helix.errors import Unavailable
from helix.mail import Mailer
from helix.mail.address import SmtpAddress
from tests.support.certificates import server_context
from tests.support.smtp_server import SmtpServer


@pytest.fixture
def tls(tmp_path):
    return server_context(tmp_path)


def test_a_mail_arrives_as_it_was_written():
    with SmtpServer() as server:
        Mailer(f"smtp://127.0.0.1:{server.port}?from=HELIX <helix@example.org>").send(
            "jane@example.org", "Willkommen, Jürgen", "Grüße\n.\n..a dot\n"
        )

    [delivery] = server.deliveries
    assert (delivery.sender, delivery.recipients) == ("helix@example.org", ["jane@example.org"])
    assert delivery.message["Subject"] == "Willkommen, Jürgen"
    assert delivery.message["From"] == "HELIX <helix@example.org>"
    assert delivery.message["Message-ID"].endswith("@example.org>")
    assert delivery.message.get_content().replace("\r\n", "\n") == "Grüße\n.\n..a dot\n"


def test_a_line_break_in_the_subject_begins_no_header():
    with SmtpServer() as server:
        Mailer(f"smtp://127.0.0.1:{server.port}").send("jane@example.org", "Hello\r\nBcc: eve@example.org", "text")

    [delivery] = server.deliveries
    assert delivery.message["Bcc"] is None
    assert delivery.message["Subject"] == "Hello Bcc: eve@example.org"
    assert delivery.recipients == ["jane@example.org"]


@pytest.mark.parametrize("to", ["", "jane", "jane@example.org\r\nBcc: eve@example.org", "a@b.c\0"])
def test_what_is_no_address_is_refused_before_connecting(to):
    with SmtpServer() as server, pytest.raises(ValueError, match="no mail address"):
        Mailer(f"smtp://127.0.0.1:{server.port}").send(to, "Hello", "text")

    assert server.verbs == []


def test_starttls_is_used_when_it_is_offered_and_the_password_goes_through_it(tls, monkeypatch):
    context, trusted = tls
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))

    with SmtpServer(context=context, password="p@ss/word") as server:
        Mailer(f"smtp://jane%40example.org:p%40ss%2Fword@localhost:{server.port}").send("a@b.c", "Hello", "text")

    [delivery] = server.deliveries
    assert delivery.encrypted
    assert delivery.signed_in_as == ("jane@example.org", "p@ss/word")
    assert delivery.sender == "jane@example.org"


def test_smtps_encrypts_from_the_first_byte(tls, monkeypatch):
    context, trusted = tls
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))

    with SmtpServer(context=context, tls_from_the_start=True) as server:
        Mailer(f"smtps://localhost:{server.port}").send("a@b.c", "Hello", "text")

    assert server.deliveries[0].encrypted


def test_a_certificate_that_nobody_vouches_for_stops_the_mail(tls):
    context, _ = tls

    with SmtpServer(context=context, password="secret") as server, pytest.raises(Unavailable, match="certificate"):
        Mailer(f"smtp://jane:secret@localhost:{server.port}").send("a@b.c", "Hello", "text")

    assert server.deliveries == []
    assert "AUTH" not in server.verbs


def test_a_password_never_leaves_this_machine_in_the_clear(monkeypatch):
    monkeypatch.setattr(SmtpAddress, "on_this_machine", False)

    with SmtpServer(password="secret") as server, pytest.raises(Unavailable, match="offers no encryption"):
        Mailer(f"smtp://jane:secret@127.0.0.1:{server.port}").send("a@b.c", "Hello", "text")

    assert "AUTH" not in server.verbs


def test_starttls_can_be_demanded():
    with SmtpServer() as server, pytest.raises(Unavailable, match="offers no encryption"):
        Mailer(f"smtp://127.0.0.1:{server.port}?starttls=required").send("a@b.c", "Hello", "text")


@pytest.mark.parametrize(
    ("refuses", "sentence"),
    [({"RCPT": "550 no such person"}, "refused this mail address"), ({"DATA": "451 later"}, "could not take the mail")],
)
def test_a_refusal_is_told_in_words(refuses, sentence):
    with SmtpServer(refuses=refuses) as server, pytest.raises(Unavailable, match=sentence):
        Mailer(f"smtp://127.0.0.1:{server.port}").send("a@b.c", "Hello", "text")

    assert server.deliveries == []


def test_a_wrong_password_is_told_without_showing_it():
    with SmtpServer(password="right") as server, pytest.raises(Unavailable, match="user name or password") as raised:
        Mailer(f"smtp://jane:wrong-one@127.0.0.1:{server.port}").send("a@b.c", "Hello", "text")

    assert "wrong-one" not in raised.value.message


def test_a_server_that_is_away_is_unavailable():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]

        with pytest.raises(Unavailable, match="127.0.0.1 could not take the mail"):
            Mailer(f"smtp://127.0.0.1:{port}").send("a@b.c", "Hello", "text")


def test_without_an_address_nothing_is_configured_and_sending_says_so():
    mailer = Mailer(None)

    assert not mailer.configured
    with pytest.raises(Unavailable, match="SMTP_URL"):
        mailer.send("a@b.c", "Hello", "text")


@pytest.mark.parametrize(
    "url",
    ["smtp://", "http://host", "host:25", "smtp://host:99999", "smtp://host?starttls=maybe", "smtp://host?from=nobody"],
)
def test_an_address_that_cannot_be_read_is_told_without_the_password(url):
    with pytest.raises(ValueError, match="SMTP_URL") as raised:
        Mailer(url.replace("://host", "://jane:geheim@host"))

    assert "geheim" not in str(raised.value)


def test_a_password_that_cannot_be_sent_is_told_at_the_start():
    with pytest.raises(ValueError, match="beyond ASCII"):
        Mailer("smtp://jane:w%C3%B6rd@mail.example.org")


def test_the_password_does_not_show_in_the_representation():
    address = SmtpAddress.parse("smtp://jane:geheim@mail.example.org")

    assert "geheim" not in repr(address)
    assert (address.host, address.port, address.tls) == ("mail.example.org", 587, False)
    assert not address.on_this_machine
