"""Key rotation: in batches, repeatable, interruptible, without data loss."""

from dataclasses import replace

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import String, select, text

from helix.crypto.secrets import KeyMissing, Vault
from helix.db.transaction import transaction
from helix.extensions import Model, db
from helix.models import AiModel, Organization, ToolSource
from helix.services import secrets, tools
from helix.services.secrets import encrypt, encrypted_columns, rotate_keys
from tests.support.tool_sources import add_source

OLD, NEW, FOREIGN = (Fernet.generate_key().decode() for _ in range(3))
BOT = "7000001:AAEx-a-bot-token-of-some-length"


@pytest.fixture
def keys(clean_app, monkeypatch):
    """Say under which keys the installation runs from now on."""

    def use(*keys: str) -> None:
        monkeypatch.setitem(clean_app.config, "HELIX", replace(clean_app.config["HELIX"], encryption_keys=keys))

    return use


@pytest.fixture
def stored(keys, make):
    """Seven models with a key and a bot token, all under the old key; one model without."""
    keys(OLD)
    for number in range(7):
        make.model(is_default=False, api_key_encrypted=encrypt(f"sk-{number}"))
    make.model(is_default=False)
    with transaction():
        db.session.get_one(Organization, 1).telegram_bot_token_encrypted = encrypt(BOT)


def model_keys():
    query = select(AiModel.api_key_encrypted).where(AiModel.api_key_encrypted.is_not(None)).order_by(AiModel.id)
    return list(db.session.scalars(query))


def counts(found):
    return {one.column: (one.seen, one.renewed) for one in found if one.seen}


def test_every_secret_is_encrypted_with_the_newest_key_and_unchanged(stored, keys):
    keys(NEW, OLD)

    found = counts(rotate_keys(batch=3))

    assert found == {"ai_models.api_key_encrypted": (7, 7), "organization.telegram_bot_token_encrypted": (1, 1)}
    new = Vault([NEW])
    assert [new.decrypt(key) for key in model_keys()] == [f"sk-{number}" for number in range(7)]
    assert new.decrypt(db.session.get_one(Organization, 1).telegram_bot_token_encrypted) == BOT


def test_a_second_rotation_changes_nothing(stored, keys):
    keys(NEW, OLD)
    list(rotate_keys())
    before = model_keys()

    again = counts(rotate_keys())

    assert again == {"ai_models.api_key_encrypted": (7, 0), "organization.telegram_bot_token_encrypted": (1, 0)}
    assert model_keys() == before


def test_an_interrupted_deletion_is_resumed(stored, keys, monkeypatch):
    keys(NEW, OLD)
    renew, done = secrets._reencrypt, []

    def pull_the_plug(*arguments):
        done.append(1)
        if len(done) == 6:
            raise KeyboardInterrupt
        return renew(*arguments)

    monkeypatch.setattr(secrets, "_reencrypt", pull_the_plug)
    with pytest.raises(KeyboardInterrupt):
        list(rotate_keys(batch=3))
    monkeypatch.setattr(secrets, "_reencrypt", renew)
    both = Vault([NEW, OLD])
    assert [both.decrypt(key) for key in model_keys()] == [f"sk-{number}" for number in range(7)]

    found = counts(rotate_keys(batch=3))

    assert found["ai_models.api_key_encrypted"] == (7, 4)
    assert all(both.is_current(key) for key in model_keys())


def test_a_secret_of_an_unknown_key_is_reported_and_unchanged(stored, keys, make):
    keys(FOREIGN)
    lost = make.model(is_default=False, api_key_encrypted=encrypt("sk-lost"))
    before = lost.api_key_encrypted
    keys(NEW, OLD)

    found = {one.column: one for one in rotate_keys()}["ai_models.api_key_encrypted"]

    assert (found.seen, found.renewed, found.current, found.unreadable) == (8, 7, 7, [lost.id])
    assert db.session.get_one(AiModel, lost.id, populate_existing=True).api_key_encrypted == before


def test_a_value_that_did_not_move_is_found_when_it_is_read_back(stored, keys, monkeypatch):
    keys(NEW, OLD)
    with_a_key = select(AiModel.id).where(AiModel.api_key_encrypted.is_not(None))
    ids = list(db.session.scalars(with_a_key.order_by(AiModel.id)))
    monkeypatch.setattr(secrets, "_reencrypt", lambda *_: False)

    found = {one.column: one for one in rotate_keys(batch=3)}["ai_models.api_key_encrypted"]

    assert (found.current, found.outdated, found.unreadable) == (0, ids, [])


def test_the_old_key_decrypts_nothing_after_rotation(stored, keys):
    keys(NEW, OLD)
    list(rotate_keys())

    for key in model_keys():
        with pytest.raises(KeyMissing):
            Vault([OLD]).decrypt(key)


def test_every_column_for_a_secret_is_a_hash_or_encrypted(app):
    """What is called a secret, a key, a token or a password ends in how it is kept."""
    kept = {column for _table, column in encrypted_columns()}
    named = [
        column
        for table in Model.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, String) and set(column.name.split("_")) & {"secret", "token", "password", "key"}
    ]
    # Names of things, none of which opens anything.
    harmless = {
        "name_key",
        "email_key",
        "file_key",
        "avatar_key",
        "event_key",
        "external_key",
        "step_key",
        "key_hint",
        "secret_hint",
        "web_search_key_hint",
        "key",
    }

    open_ones = [
        f"{column.table.name}.{column.name}"
        for column in named
        if column not in kept and not column.name.endswith("_hash") and column.name not in harmless
    ]

    assert open_ones == []
    assert len(kept) >= 3


def test_the_database_holds_no_secret_in_the_open(stored, keys):
    rows = db.session.execute(text("select api_key_encrypted from ai_models")).scalars().all()

    assert not any("sk-" in (row or "") for row in rows)


def test_secrets_of_tools_are_rotated_too(keys, ada):
    keys(OLD)
    source = add_source(ada, auth="header", secret="Bearer of-a-crm")
    with transaction():
        db.session.get_one(ToolSource, source.id).oauth_encrypted = encrypt('{"given": {"client_id": "helix"}}')
        db.session.get_one(Organization, 1).web_search_key_encrypted = encrypt("of-a-search-engine")
    keys(NEW, OLD)

    found = counts(rotate_keys())

    assert found == {
        "organization.web_search_key_encrypted": (1, 1),
        "tool_sources.secret_encrypted": (1, 1),
        "tool_sources.oauth_encrypted": (1, 1),
    }
    keys(NEW)
    assert tools.server_of(source.id).headers == {"Authorization": "Bearer of-a-crm"}
    assert secrets.decrypt(db.session.get_one(Organization, 1).web_search_key_encrypted) == "of-a-search-engine"
