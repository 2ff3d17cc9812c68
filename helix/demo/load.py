"""Fills an empty database: with the demo organization, or with nothing but its first admin.

Most rows are written directly and in one transaction, not through the services: the demo has past tasks, and loading
them must notify nobody. After it, the demo model begins the tasks that say so, as a worker would.
"""

import secrets
from collections.abc import Sequence
from typing import Any

from sqlalchemy import exists, select

from helix import clock, llm
from helix.crypto import passwords
from helix.db.transaction import transaction
from helix.demo.first_models import first_models
from helix.demo.history import HistoryWriter
from helix.demo.organization import DemoOrganization
from helix.demo.reader import read
from helix.demo.schema import Content
from helix.demo.workflows import add_workflows
from helix.extensions import db
from helix.llm import demo as demo_model
from helix.models import User
from helix.models.vocabulary import Role
from helix.policies.actor import Actor
from helix.services import accounts, names, runs, sample_data, settings

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
        costs_nothing = first_models()[0].provider == llm.DEMO
        starting: list[int] = []
        if content:
            organization.name = content.organization.name
            organization.timezone = content.organization.timezone
            organization.default_board_level = content.organization.default_board_level
            organization.monthly_budget_usd = content.organization.monthly_budget_usd
            loaded = DemoOrganization.create(content, admin)
            ids = HistoryWriter(loaded).write(content.tasks)
            add_workflows(content, loaded)
            sample_data.record()
            starting = [ids[task.key] for task in content.tasks if task.starts and costs_nothing]
        organization.setup_finished_at = clock.now()
        first_admin = Actor(id=admin.id, name=admin.name, role=admin.role)
    _start(first_admin, starting)
    if starting:
        sample_data.record()  # with what the agents have made, and none of it as a change by a person
    return outcome | {"created": True, "email": email, "password": None if admin_password else password}


def _start(actor: Actor, task_ids: Sequence[int]) -> None:
    """Execute runs until they have ended or wait for a person. A run that is not claimed here is left to a worker."""
    with demo_model.at_once():
        for task_id in task_ids:
            runs.start(actor, task_id)
            claim = runs.claim("seed")
            if claim is not None:
                runs.execute(claim)


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
