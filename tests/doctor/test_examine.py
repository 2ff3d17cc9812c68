import io
from dataclasses import replace
from datetime import timedelta
from importlib import metadata

import pytest
from cryptography.fernet import Fernet

from helix import clock, doctor, queue
from helix.doctor import machine
from helix.extensions import db
from helix.models import Lease
from helix.services import attachments, leases, runs, secrets, stored_files
from helix.transaction import end_reading, transaction
from tests.support.cast import acting


@pytest.fixture
def settings(house, tmp_path, monkeypatch):
    # A developer's environment may be on its way from one lock to the next.
    lock = tmp_path / "requirements.txt"
    lock.write_text(f"flask=={metadata.version('flask')} \\\n    --hash=x\n")
    monkeypatch.setattr(machine, "LOCK", lock)
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    return replace(house.config["HELIX"], data_dir=folder)


@pytest.fixture
def well(house):
    """Workers and a scheduler say that they are alive."""
    for name in ("runs", "quick"):
        queue.say_alive(name, "here")
    leases.take("scheduler", "here", seconds=60)


def told(settings, level="error"):
    end_reading()
    return [finding.what for finding in doctor.examine(settings) if finding.level == level]


@pytest.mark.usefixtures("well")
def test_an_installation_that_is_well_has_no_error_and_says_what_was_looked_at(settings, make, ada):
    make.model(api_key_encrypted=secrets.sealed("sk-123"))
    attachments.add(acting(ada), make.task(by=ada).id, name="a.txt", stream=io.BytesIO(b"words"))

    assert told(settings) == []
    assert {"Sealed values: 1, all under the first of ENCRYPTION_KEYS", "Files: 1, all there"} <= set(
        told(settings, "ok")
    )


def test_who_does_not_work_is_named_with_the_command_that_starts_it(settings):
    findings = [one for one in doctor.examine(settings) if one.level == "error"]

    assert [one.do for one in findings] == [
        "Start one: helix worker runs",
        "Start one: helix worker quick",
        "Start one: helix scheduler",
    ]


@pytest.mark.usefixtures("well")
def test_a_lease_that_ran_out_and_runs_that_are_silent_are_told(settings, make, ada):
    make.model()
    runs.start(acting(ada), make.task(by=ada, agent=make.agent()).id)
    assert runs.claim("gone:1")
    an_hour_ago = clock.now() - timedelta(hours=1)
    with transaction():
        db.session.get_one(Lease, "scheduler").expires_at = an_hour_ago
        db.session.query(runs.read.Run).update({"heartbeat_at": an_hour_ago})

    found = told(settings)

    assert "No scheduler works: retries, reminders and lost runs wait." in found
    assert "1 runs have been silent for two minutes and were not closed." in found


@pytest.mark.usefixtures("well")
def test_a_value_that_no_key_opens_is_named_and_an_older_key_is_noted(settings, make):
    model = make.model(api_key_encrypted=secrets.sealed("sk-123"))
    other = Fernet.generate_key().decode()

    lost = told(replace(settings, encryption_keys=(other,)))
    older = told(replace(settings, encryption_keys=(other, *settings.encryption_keys)), "warning")

    assert lost == [f"1 sealed values cannot be opened with ENCRYPTION_KEYS: ai_models {model.id}."]
    assert "1 values are sealed with an older key." in older


@pytest.mark.usefixtures("well")
def test_a_file_that_is_missing_is_told(settings, make, ada):
    attachments.add(acting(ada), make.task(by=ada).id, name="a.txt", stream=io.BytesIO(b"words"))
    (key,) = stored_files.store().keys()
    stored_files.store().delete(key)

    assert told(settings) == [f"1 of 1 files are missing from the store, such as {key}."]


@pytest.mark.usefixtures("well")
def test_weak_secrets_packages_and_rights_are_told(settings, tmp_path):
    lock = tmp_path / "requirements.txt"
    lock.write_text("flask==0.1 \\\n    --hash=x\nno-such-package==1.0 \\\nonly-elsewhere==1.0 ; sys_platform == 'x'\n")
    settings.data_dir.chmod(0o755)

    found = told(replace(settings, secret_key="changeme" * 5))

    assert any("SECRET_KEY is easily guessed" in one for one in found)
    assert any("flask is 3" in one and "no-such-package is missing" in one for one in found)
    assert not any("only-elsewhere" in one for one in found)
    assert any("can read" in one for one in told(settings, "warning"))


@pytest.mark.usefixtures("well")
def test_in_production_the_public_address_is_asked_for(settings):
    found = told(replace(settings, environment="production", smtp_url="smtp://127.0.0.1:9"))

    assert "PUBLIC_URL is not set." in found
    assert any("mail server cannot be reached" in one for one in found)
