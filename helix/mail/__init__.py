"""Sends plain-text mail, if the installation has a mail server."""

from helix.mail.mailer import Mailer

__all__ = ["Mailer"]
