"""Sending plain mail, where an installation has a mail server."""

from helix.mail.mailer import Mailer

__all__ = ["Mailer"]
