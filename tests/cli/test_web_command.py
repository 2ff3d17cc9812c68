"""`helix web` executes gunicorn, independently of the current folder."""

import os

import pytest
from click.testing import CliRunner

from helix import resources
from helix.cli import main
from helix.settings import Settings


@pytest.fixture
def executed(monkeypatch):
    """The command lines that would have replaced this process."""
    found = []
    monkeypatch.setattr(os, "execv", lambda _program, arguments: found.append(arguments))
    return found


def test_helix_web_serves_the_data_folder_of_the_working_directory(executed, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    for name, value in {"DATA_DIR": "data", "DATABASE_URL": "sqlite:///own.db", "REDIS_URL": ""}.items():
        monkeypatch.setenv(name, value)

    outcome = CliRunner().invoke(main, ["web"])

    assert outcome.exit_code == 0, outcome.output
    settings = Settings.from_environment()
    assert settings.data_dir == tmp_path / "data"
    assert settings.database_url == f"sqlite:///{tmp_path}/own.db"
    (command,) = executed
    assert command[1:] == ["-m", "gunicorn", "--config", str(resources.GUNICORN_CONFIG), "helix.wsgi:app"]
