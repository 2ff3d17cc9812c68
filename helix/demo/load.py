"""Fills an empty database: with the demo organization, or with nothing but its first admin.

Written as rows and in one transaction, not through the services one by one: the demo has a past, and nobody
should be told of it.
"""

import secrets
from typing import Any

from sqlalchemy import exists, select

from helix import clock
from helix.crypto import passwords
from helix.demo import shapes
from helix.demo.first_models import first_models
from helix.demo.history import Past
from helix.demo.organization import Office
from helix.demo.read import read
from helix.extensions import db
from helix.models import User
from helix.models.vocabulary import BoardLevel, Role
from helix.services import accounts, names, settings
from helix.transaction import transaction

DEFAULT_EMAIL = "admin@example.com"


def seed(*, demo: bool, admin_email: str | None = None, admin_password: str | None = None) -> dict[str, Any]:
    """Fill the database if nobody is in it yet; safe to call at every start.

    Returns `created`, `email`, `password` (only when it was made up now, and shown never again), and
    `setup_key` while there is still nobody: it opens /setup, once.
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
            organization.default_board_level = BoardLevel(content.organization.default_board_level)
            organization.monthly_budget_usd = content.organization.monthly_budget_usd
            office = Office.open(content, admin)
            Past(office).write(content.tasks)
        organization.setup_finished_at = clock.now()
    return outcome | {"created": True, "email": email, "password": None if admin_password else password}


def _names_in(content: shapes.Content | None) -> set[str]:
    return {names.key_of(one.name) for one in (*content.people, *content.agents)} if content else set()


def _first_admin(email: str, password: str, *, taken: set[str]) -> User:
    """Called after the first part of the address, unless somebody in the demo has that name already."""
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
