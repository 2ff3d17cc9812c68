import pytest

from helix.settings import ConfigurationError, Settings


@pytest.fixture
def read(tmp_path):
    return lambda **environ: Settings.from_environment({"DATA_DIR": str(tmp_path / "data"), **environ})


def test_nothing_set_is_a_development_installation_on_this_machine_alone(read, tmp_path):
    settings = read()

    assert (settings.host, settings.port, settings.run_workers) == ("127.0.0.1", 8000, 4)
    assert settings.database_url == f"sqlite:///{tmp_path}/data/helix.db"
    assert settings.files_url == f"file://{tmp_path}/data/files"
    assert settings.redis_url is None
    assert settings.resolved_redis_url == f"unix://{tmp_path}/data/redis.sock"
    assert settings.allow_private_model_addresses
    assert settings.base_url == "http://127.0.0.1:8000"


def test_the_data_folder_is_absolute(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)

    assert Settings.from_environment({"DATA_DIR": "here"}).data_dir == tmp_path / "here"


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_postgresql_is_reached_through_psycopg_3_however_it_is_written(read, scheme):
    assert read(DATABASE_URL=f"{scheme}://me@db/helix").database_url == "postgresql+psycopg://me@db/helix"


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("PORT", "abc", "PORT must be a whole number from 1 to 65535, not 'abc'"),
        ("PORT", "70000", "PORT must be a whole number"),
        ("RUN_WORKERS", "0", "RUN_WORKERS must be a whole number from 1"),
        ("EMBEDDED_REDIS", "mine", "EMBEDDED_REDIS must be one of auto, system, bundled, not 'mine'"),
        ("ENVIRONMENT", "staging", "ENVIRONMENT must be one of development, production"),
        ("SEED_DEMO", "maybe", "SEED_DEMO must be 1 or 0"),
        ("REDIS_URL", "localhost:6379", "REDIS_URL must begin with redis://"),
        ("DATABASE_URL", "mysql://me:hunter2@db/helix", "DATABASE_URL must begin with postgresql://"),
        ("PUBLIC_URL", "helix.example.org", "PUBLIC_URL must begin with https://"),
        ("PUBLIC_URL", "https://example.org/helix", "PUBLIC_URL must be an address without a path"),
        ("PUBLIC_URL", "https://example.org/a/b/?x", "PUBLIC_URL must begin with https://"),
        ("PUBLIC_URL", "https://me:hunter2@example.org", "PUBLIC_URL must begin with https://"),
        ("HELIX_DEMO_DELAY_SECONDS", "nan", "HELIX_DEMO_DELAY_SECONDS must be a number from 0 to 600"),
        ("HELIX_FAST_PASSWORDS", "maybe", "HELIX_FAST_PASSWORDS must be 1 or 0"),
        ("ENCRYPTION_KEYS", "nonsense", "no Fernet key"),
    ],
)
def test_a_value_that_cannot_be_used_is_a_sentence(read, name, value, says):
    with pytest.raises(ConfigurationError, match=says) as refusal:
        read(**{name: value})

    assert "hunter2" not in str(refusal.value)


def test_a_variable_set_to_nothing_counts_as_not_set(read):
    assert read(PORT="", REDIS_URL=" ").port == 8000


def test_secrets_do_not_show_in_the_settings_text(read):
    settings = read(
        ADMIN_PASSWORD="canary-1", REDIS_URL="redis://:canary-2@r", DATABASE_URL="postgresql://u:canary-3@d/x"
    )

    assert "canary" not in repr(settings)
    assert "canary-4" in read(DATABASE_URL="postgresql://u@d/x?password=canary-4").secret_values()
    assert settings.secret_key not in repr(settings)


def test_api_keys_of_providers_are_read_and_masked(read):
    settings = read(OPENAI_API_KEY="sk-canary", GROQ_API_KEY=" ")

    assert settings.provider_api_keys == {"openai": "sk-canary"}
    assert "sk-canary" in settings.secret_values()
    assert "sk-canary" not in repr(settings)


def test_cookies_are_secure_behind_tls_and_differ_between_installations_on_one_machine(read):
    plain, other, tls = read().to_flask(), read(PORT="8001").to_flask(), read(PUBLIC_URL="https://x.org/").to_flask()

    assert not plain["SESSION_COOKIE_SECURE"]
    assert plain["SESSION_COOKIE_NAME"] != other["SESSION_COOKIE_NAME"]
    assert tls["SESSION_COOKIE_SECURE"]
    assert tls["SESSION_COOKIE_NAME"].startswith("__Host-")


def test_every_interface_is_announced_as_an_address_that_can_be_opened(read):
    assert read(HOST="0.0.0.0").base_url == "http://127.0.0.1:8000"
    assert read(HOST="::1").base_url == "http://[::1]:8000"
    assert read(PUBLIC_URL="https://helix.example.org/").base_url == "https://helix.example.org"


def test_event_streams_leave_threads_for_answers(read):
    assert read(WEB_THREADS="60").max_event_streams == 50
    with pytest.raises(ConfigurationError, match="MAX_EVENT_STREAMS"):
        read(WEB_THREADS="60", MAX_EVENT_STREAMS="60")


STRONG = {
    "ENVIRONMENT": "production",
    "SECRET_KEY": "kQ7w-a-long-and-unlikely-value-of-letters",
    "JWT_SECRET_KEY": "zP2x-another-long-and-unlikely-value-here",
    "ENCRYPTION_KEYS": "9pXr1q5o0Zs0b1w9wYw3u8m3n0cJ0c3l1u0mYkz7m5Q=",
}


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("HELIX_FAST_PASSWORDS", "1", "HELIX_FAST_PASSWORDS=1 stores passwords so that they are easily guessed"),
        ("ADMIN_PASSWORD", "a", "ADMIN_PASSWORD must have at least 8 characters"),
        ("ADMIN_PASSWORD", "changeme123", "ADMIN_PASSWORD is easily guessed"),
        ("ADMIN_PASSWORD", "aaaaaaaaaaaa", "ADMIN_PASSWORD is easily guessed"),
        ("METRICS_TOKEN", "x", "METRICS_TOKEN is too short or easily guessed"),
        ("METRICS_TOKEN", "x" * 40, "METRICS_TOKEN is too short or easily guessed"),
    ],
)
def test_production_refuses_what_development_takes(read, name, value, says):
    assert read(**{name: value})
    with pytest.raises(ConfigurationError, match=says) as refusal:
        read(**STRONG, **{name: value})

    assert value not in str(refusal.value) or len(value) == 1


def test_production_without_https_is_warned_about_and_with_it_is_not(read):
    def said(**more):
        return " ".join(read(**STRONG, **more).warnings())

    assert "PUBLIC_URL is not set: without https, passwords and session cookies" in said()
    assert "PUBLIC_URL is http://helix.lan" in said(PUBLIC_URL="http://helix.lan")
    assert said(PUBLIC_URL="https://helix.example.org", HOST="0.0.0.0") == ""
    assert "ENVIRONMENT=development" in " ".join(read(HOST="0.0.0.0").warnings())
    assert read().warnings() == []


def test_the_place_is_shown_without_passwords(read, tmp_path):
    cluster = "postgresql://u:canary@/x?host=db-1,db-2&port=5432,5432&target_session_attrs=read-write&password=canary"

    shown = read(DATABASE_URL=cluster, FILES_URL="s3://bucket/files").description
    plain = read().description

    assert shown == (
        "Database: postgresql://u@/x?host=db-1,db-2&port=5432,5432; "
        f"data folder: {tmp_path}/data; files: s3://bucket/files"
    )
    assert plain == f"Database: sqlite:///{tmp_path}/data/helix.db; data folder: {tmp_path}/data"
