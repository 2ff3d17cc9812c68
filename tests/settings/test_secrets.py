import json
import multiprocessing
import stat

import pytest

from helix.settings import ConfigurationError, Settings

STRONG = {
    "ENVIRONMENT": "production",
    "SECRET_KEY": "kq3Wc9vT1nZx8Rb5Ym2Lp7Hs4Jd6Fg0A",
    "JWT_SECRET_KEY": "P0oI9uY8tR7eW6qA5sD4fG3hJ2kL1zXc",
    "ENCRYPTION_KEYS": "3sQ0b1x1a9lYk2mZ8V7cJ5tR4nW6pD0fG-hKjLzXcVs=",
}


def test_secrets_are_made_up_once_for_the_owner_alone(tmp_path):
    environ = {"DATA_DIR": str(tmp_path / "data")}

    first, second = Settings.from_environment(environ), Settings.from_environment(environ)

    assert (first.secret_key, first.encryption_keys) == (second.secret_key, second.encryption_keys)
    assert len(first.secret_key) >= 32
    assert stat.S_IMODE((tmp_path / "data" / "secrets.json").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700


def _secret_key(folder: str) -> str:
    return Settings.from_environment({"DATA_DIR": folder}).secret_key


def test_processes_that_start_together_agree_on_the_secrets(tmp_path):
    with multiprocessing.get_context("fork").Pool(6) as pool:
        keys = pool.map(_secret_key, [str(tmp_path / "data")] * 24, chunksize=1)

    assert len(set(keys)) == 1
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["secrets.json"]


def test_a_given_secret_wins_over_the_kept_one(tmp_path):
    kept = Settings.from_environment({"DATA_DIR": str(tmp_path)})

    mixed = Settings.from_environment({"DATA_DIR": str(tmp_path), "SECRET_KEY": "mine"})

    assert mixed.secret_key == "mine"
    assert mixed.jwt_secret_key == kept.jwt_secret_key


@pytest.mark.parametrize("content", ["", "{", "[]", '{"secret_key": "x"}'])
def test_a_damaged_secrets_file_is_not_replaced_in_silence(tmp_path, content):
    (tmp_path / "secrets.json").write_text(content)

    with pytest.raises(ConfigurationError, match="backup"):
        Settings.from_environment({"DATA_DIR": str(tmp_path)})

    assert (tmp_path / "secrets.json").read_text() == content


def test_a_secrets_file_that_others_may_read_is_closed(tmp_path):
    Settings.from_environment({"DATA_DIR": str(tmp_path)})
    (tmp_path / "secrets.json").chmod(0o644)

    Settings.from_environment({"DATA_DIR": str(tmp_path)})

    assert stat.S_IMODE((tmp_path / "secrets.json").stat().st_mode) == 0o600


def test_production_starts_with_strong_secrets_and_writes_none(tmp_path):
    settings = Settings.from_environment({**STRONG, "DATA_DIR": str(tmp_path)})

    assert settings.production
    assert not (tmp_path / "secrets.json").exists()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", ""),
        ("SECRET_KEY", "tiny"),
        ("SECRET_KEY", "changeme-changeme-changeme-changeme-1234567890"),
        ("SECRET_KEY", "a" * 64),
        ("SECRET_KEY", STRONG["JWT_SECRET_KEY"]),
        ("JWT_SECRET_KEY", ""),
        ("JWT_SECRET_KEY", "super"),
        ("ENCRYPTION_KEYS", ""),
        ("ENCRYPTION_KEYS", "not-a-key"),
        ("ENCRYPTION_KEYS", "A" * 43 + "="),
    ],
)
def test_production_refuses_secrets_that_are_missing_or_weak(tmp_path, name, value):
    with pytest.raises(ConfigurationError, match=name) as refusal:
        Settings.from_environment({**STRONG, "DATA_DIR": str(tmp_path), name: value})

    assert "python3 -c" in str(refusal.value)
    assert not value or value not in str(refusal.value)


def test_the_advice_for_making_secrets_makes_acceptable_ones(tmp_path):
    kept = Settings.from_environment({"DATA_DIR": str(tmp_path)})
    file = json.loads((tmp_path / "secrets.json").read_text())

    settings = Settings.from_environment(
        {
            "ENVIRONMENT": "production",
            "DATA_DIR": str(tmp_path),
            "SECRET_KEY": file["secret_key"],
            "JWT_SECRET_KEY": file["jwt_secret_key"],
            "ENCRYPTION_KEYS": ",".join(file["encryption_keys"]),
        }
    )

    assert settings.encryption_keys == kept.encryption_keys
