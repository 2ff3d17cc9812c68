"""Fills an empty database: with the demo organization, or with nothing but its first admin.

Most rows are written directly and in one transaction, not through the services: the demo has past tasks, and loading
them must notify nobody.
"""

import secrets
from typing import Any

from sqlalchemy import exists, select

from helix import clock
from helix.crypto import passwords
from helix.db.transaction import transaction
from helix.demo.first_models import first_models
from helix.demo.history import HistoryWriter
from helix.demo.organization import DemoOrganization
from helix.demo.reader import read
from helix.demo.schema import Content
from helix.extensions import db
from helix.models import User
from helix.models.vocabulary import Role
from helix.services import accounts, names, settings

DEFAULT_EMAIL = "admin@example.com"


def seed(*, demo: bool, admin_email: str | None = None, admin_password: str | None = None) -> dict[str, Any]:
    """Fill the database if it has no users; safe to call at every start.

    Returns `created`, `email`, `password` (only if it was generated now: it is not stored), and `setup_key` while there
    are no users: it opens /setup, once.
    """
    outcome: dict[str, Any] = {"created": False, "email": admin_email, "password": None, "setup_key": None}
    with transaction():
        organization = settings.organization()
        if db.session.scalar(select(exists().where(User.id.is_not(None)))):
            return outcome
        if not demo and not admin_email:
            return outcome | {"setup_key": accounts.create_setup_key()}
        email = admin_email or DEFAULT_EMAIL
        password = admin_password or secrets.token_urlsafe(12)
        content = read() if demo else None
        admin = _first_admin(email, password, taken=_names_in(content))
        first_models()
        if content:
            organization.name = content.organization.name
            organization.timezone = content.organization.timezone
            organization.default_board_level = content.organization.default_board_level
            organization.monthly_budget_usd = content.organization.monthly_budget_usd
            HistoryWriter(DemoOrganization.create(content, admin)).write(content.tasks)
        organization.setup_finished_at = clock.now()
    return outcome | {"created": True, "email": email, "password": None if admin_password else password}


def _names_in(content: Content | None) -> set[str]:
    return {names.key_of(one.name) for one in (*content.people, *content.agents)} if content else set()


def _first_admin(email: str, password: str, *, taken: set[str]) -> User:
    """Named after the local part of the address, unless the demo already has that name."""
    now = clock.now()
    name = email.partition("@")[0].replace(".", " ").replace("_", " ").title()
    if not name or names.key_of(name) in taken:
        name = "First Admin"
    admin = User(
        name=name,
        email=email,
        email_key=email.lower(),
        password_hash=passwords.hash_password(password),
        role=Role.ADMIN,
        created_at=now,
        updated_at=now,
    )
    db.session.add(admin)
    db.session.flush()
    admin.name = names.claim(name, user_id=admin.id)
    return admin
