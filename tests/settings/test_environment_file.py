import os

import pytest

from helix.settings import environment_file
from helix.settings.environment import ConfigurationError

FILE = """\
# The service's own.
DATABASE_URL=postgresql://helix:p$a&s@/helix?host=db-1,db-2&port=5432,5432
SMTP_URL="smtp://mail.example.org:587?from=HELIX <helix@example.org>"
export PORT=8001
SEED_DEMO='0'
OIDC_NAME=
"""


@pytest.fixture
def file(tmp_path, monkeypatch):
    for name in ("DATABASE_URL", "SMTP_URL", "PORT", "SEED_DEMO", "OIDC_NAME"):
        monkeypatch.setenv(name, "")
    path = tmp_path / "helix.env"
    path.write_text(FILE)
    return path


def test_values_are_taken_as_they_stand_without_expansion(file):
    environment_file.load(file)

    assert os.environ["DATABASE_URL"] == "postgresql://helix:p$a&s@/helix?host=db-1,db-2&port=5432,5432"
    assert os.environ["SMTP_URL"] == "smtp://mail.example.org:587?from=HELIX <helix@example.org>"
    assert (os.environ["PORT"], os.environ["SEED_DEMO"], os.environ["OIDC_NAME"]) == ("8001", "0", "")


def test_what_the_environment_sets_counts_before_the_file(file, monkeypatch):
    monkeypatch.setenv("PORT", "9000")

    environment_file.load(file)

    assert os.environ["PORT"] == "9000"


def test_a_file_that_is_no_text_is_refused_with_its_name(file):
    file.write_bytes(b"PORT=\xff\xfe")

    with pytest.raises(ConfigurationError, match=str(file)):
        environment_file.load(file)
