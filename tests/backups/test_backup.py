"""What is in a backup, and what is not."""

import pytest

from helix import backups
from tests.backups.conftest import KEY


def test_keys_are_in_it_only_when_asked_for(settings, backup):
    made, path = backup()
    with_keys, second = backup("second.helix", with_secrets=True)

    assert not made.has_secrets
    assert with_keys.has_secrets
    for secret in (settings.secret_key, settings.jwt_secret_key, *settings.encryption_keys, KEY):
        assert secret.encode() not in path.read_bytes()
    assert settings.secret_key.encode() in second.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600


def test_other_keys_than_those_that_sealed_are_told(settings, backup):
    made, _ = backup()

    warnings = backups.warnings(settings, made)
    others = backups.warnings(settings, backups.Manifest(**{**made.__dict__, "encryption_keys": ["another"]}))

    assert warnings == []
    assert "sealed with other keys" in others[0]
    assert "Put the earlier ENCRYPTION_KEYS back" in others[1]


def test_a_file_that_is_there_is_kept(backup):
    _, path = backup()
    before = path.read_bytes()

    with pytest.raises(backups.BackupError, match="exists already"):
        backup()

    assert path.read_bytes() == before
    assert [one.name for one in path.parent.iterdir()] == [path.name]
