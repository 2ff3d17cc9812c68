"""`helix rotate-keys` as a separate process, which must load the tables itself."""

import pytest
import sqlalchemy as sa
from cryptography.fernet import Fernet

from helix import clock
from helix.crypto.secrets import Vault
from helix.models import AiModel, Organization, ToolSource, Webhook
from helix.models.vocabulary import ToolSourceKind
from tests.support.commands import helix
from tests.support.installation import Installation

pytestmark = pytest.mark.any_database

OLD, NEW, FOREIGN = (Fernet.generate_key().decode() for _ in range(3))
COLUMNS = {
    "organization.telegram_bot_token_encrypted": 1,
    "organization.web_search_key_encrypted": 1,
    "webhooks.secret_encrypted": 1,
    "webhooks.old_secret_encrypted": 1,
    "tool_sources.secret_encrypted": 1,
    "tool_sources.oauth_encrypted": 1,
}


@pytest.fixture
def installation(tmp_path):
    with Installation(tmp_path, ENCRYPTION_KEYS=OLD, SEED_DEMO="0") as installation:
        installation.environment["DATABASE_URL"] = (
            installation.environment.get("DATABASE_URL") or f"sqlite:///{tmp_path}/helix.db"
        )
        yield installation


@pytest.fixture
def database(installation):
    engine = sa.create_engine(installation.environment["DATABASE_URL"], poolclass=sa.NullPool)
    with engine.connect() as connection:
        yield connection.execution_options(isolation_level="AUTOCOMMIT")


@pytest.fixture
def stored(database):
    """A value of every kind that is kept encrypted, under the old key. Returns what was sealed with it."""
    sealed = Vault([OLD]).encrypt
    now = clock.now()
    database.execute(sa.delete(Webhook))
    for name in ("first", "second"):
        model = {"provider": "openai", "model_name": name, "display_name": name, "created_at": now}
        database.execute(sa.insert(AiModel).values(**model))
    database.execute(sa.update(AiModel).values(api_key_encrypted=sealed("sk-1")))
    database.execute(
        sa.update(Organization).values(
            telegram_bot_token_encrypted=sealed("7:bot"), web_search_key_encrypted=sealed("brave")
        )
    )
    database.execute(
        sa.insert(Webhook).values(
            name="hook",
            url="https://example.org",
            secret_encrypted=sealed("whsec_new"),
            old_secret_encrypted=sealed("whsec_old"),
            heard_from=now,
            created_at=now,
        )
    )

    database.execute(
        sa.insert(ToolSource).values(
            kind=ToolSourceKind.MCP_HTTP,
            slug="crm",
            title="CRM",
            secret_encrypted=sealed("Bearer crm"),
            oauth_encrypted=sealed("{}"),
            created_at=now,
        )
    )


def values(database):
    kept = (
        AiModel.api_key_encrypted,
        Organization.telegram_bot_token_encrypted,
        Organization.web_search_key_encrypted,
        Webhook.secret_encrypted,
        Webhook.old_secret_encrypted,
        ToolSource.secret_encrypted,
        ToolSource.oauth_encrypted,
    )
    return [value for column in kept for value in database.scalars(sa.select(column).where(column.is_not(None)))]


def counted(stdout):
    return {
        line.partition(":")[0]: [int(word) for word in line.split() if word.isdigit()]
        for line in stdout.splitlines()
        if "re-encrypted" in line
    }


@pytest.mark.usefixtures("stored")
def test_every_secret_moves_to_the_new_key_and_the_old_key_may_go(installation, database):
    models = database.scalar(sa.select(sa.func.count()).select_from(AiModel))
    expected = COLUMNS | {"ai_models.api_key_encrypted": models}
    assert models >= 2

    first = helix(installation.environment | {"ENCRYPTION_KEYS": f"{NEW},{OLD}"}, "rotate-keys")
    again = helix(installation.environment | {"ENCRYPTION_KEYS": f"{NEW},{OLD}"}, "rotate-keys")
    doctor = helix(installation.environment | {"ENCRYPTION_KEYS": NEW}, "doctor")

    assert first.returncode == again.returncode == 0, first.stderr + again.stderr
    assert counted(first.stdout) == {name: [count, count, count] for name, count in expected.items()}
    assert counted(again.stdout) == {name: [0, count, count] for name, count in expected.items()}
    secrets = {"sk-1", "7:bot", "brave", "whsec_new", "whsec_old", "Bearer crm", "{}"}
    assert {Vault([NEW]).decrypt(value) for value in values(database)} == secrets
    assert f"Encrypted values: {sum(expected.values())}, all with the first of ENCRYPTION_KEYS" in doctor.stdout


@pytest.mark.usefixtures("stored")
def test_a_value_that_no_key_opens_is_named_and_ends_with_an_error(installation, database):
    lost = database.scalar(sa.select(Webhook.id))
    database.execute(sa.update(Webhook).values(old_secret_encrypted=Vault([FOREIGN]).encrypt("lost")))

    done = helix(installation.environment | {"ENCRYPTION_KEYS": f"{NEW},{OLD}"}, "rotate-keys")

    assert done.returncode == 1
    assert f"webhooks.old_secret_encrypted, row {lost}: cannot be decrypted with ENCRYPTION_KEYS" in done.stdout
    assert "Every secret is encrypted with the first key" not in done.stdout
    assert "1 secrets are not under the first key" in done.stderr
    assert counted(done.stdout)["webhooks.secret_encrypted"] == [1, 1, 1]


def test_a_database_without_our_tables_is_no_success(installation, tmp_path):
    done = helix(installation.environment | {"DATABASE_URL": f"sqlite:///{tmp_path}/other.db"}, "rotate-keys")

    assert done.returncode == 1
    assert "The database is behind this code" in done.stderr
    assert f"Database: sqlite:///{tmp_path}/other.db" in done.stderr
