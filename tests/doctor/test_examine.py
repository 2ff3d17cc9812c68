import io
import json
import os
import socket
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from importlib import metadata
from types import SimpleNamespace

import pytest
import sqlalchemy as sa
from cryptography.fernet import Fernet

from helix import clock, doctor, queue
from helix.db.transaction import end_reading, transaction
from helix.doctor import database, machine
from helix.extensions import db
from helix.models import Lease, Organization
from helix.queue.connection import redis
from helix.services import attachments, leases, runs, secrets, stored_files
from tests.support.installation import ROOT
from tests.support.people import as_actor
from tests.support.s3_server import S3Server


@pytest.fixture
def settings(clean_app, tmp_path, monkeypatch):
    # A developer's environment may be on its way from one lock to the next.
    lock = tmp_path / "requirements.txt"
    lock.write_text(f"flask=={metadata.version('flask')} \\\n    --hash=x\n")
    monkeypatch.setattr(machine, "LOCK", lock)
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    return replace(clean_app.config["HELIX"], data_dir=folder)


@pytest.fixture
def well(clean_app):
    """Workers and a scheduler say that they are alive."""
    for name in ("runs", "quick"):
        queue.report_alive(name, "here")
    leases.acquire("scheduler", "here", seconds=60)


def told(settings, level="error"):
    end_reading()
    return [finding.what for finding in doctor.examine(settings) if finding.level == level]


@pytest.mark.usefixtures("well")
def test_an_installation_that_is_well_has_no_error_and_says_what_was_looked_at(settings, make, ada):
    make.model(api_key_encrypted=secrets.encrypt("sk-123"))
    attachments.add(as_actor(ada), make.task(by=ada).id, name="a.txt", stream=io.BytesIO(b"words"))

    assert told(settings) == []
    assert {"Encrypted values: 1, all with the first of ENCRYPTION_KEYS", "Files: 1, none missing"} <= set(
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
    runs.start(as_actor(ada), make.task(by=ada, agent=make.agent()).id)
    assert runs.claim("gone:1")
    an_hour_ago = clock.now() - timedelta(hours=1)
    with transaction():
        db.session.get_one(Lease, "scheduler").expires_at = an_hour_ago
        db.session.query(runs.read.Run).update({"heartbeat_at": an_hour_ago})

    found = told(settings)

    assert "No scheduler is running: retries, reminders and lost runs wait." in found
    assert "1 runs have been silent for two minutes and were not closed." in found


@pytest.mark.usefixtures("well")
def test_models_that_nobody_has_tested_for_tools_are_named(settings, make):
    make.model(is_default=True, display_name="House", supports_tools=None)
    for name, able in (("Own", None), ("Able", True), ("Unable", False)):
        own = make.model(display_name=name, supports_tools=able, is_default=False)
        make.agent(f"Agent of {name}", ai_model_id=own.id)
    make.model(display_name="Unused", supports_tools=None, is_default=False)

    (found,) = [what for what in told(settings, "warning") if "tools" in what]

    assert found == "Not known to use tools, so agents with these models answer without any: House, Own"


@pytest.mark.usefixtures("well")
def test_a_value_that_no_key_opens_is_named_and_an_older_key_is_noted(settings, make):
    model = make.model(api_key_encrypted=secrets.encrypt("sk-123"))
    other = Fernet.generate_key().decode()

    lost = told(replace(settings, encryption_keys=(other,)))
    older = told(replace(settings, encryption_keys=(other, *settings.encryption_keys)), "warning")

    assert lost == [f"1 encrypted values cannot be decrypted with ENCRYPTION_KEYS: ai_models {model.id}."]
    assert "1 values are encrypted with an older key." in older


@pytest.mark.usefixtures("well")
def test_a_file_that_is_missing_is_told(settings, make, ada):
    attachments.add(as_actor(ada), make.task(by=ada).id, name="a.txt", stream=io.BytesIO(b"words"))
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
def test_without_a_lock_packages_are_compared_with_the_metadata(settings, tmp_path, monkeypatch):
    (tmp_path / "requirements.txt").unlink()
    monkeypatch.setattr(metadata, "requires", lambda _name: ["flask>=3", "flask-wtf; sys_platform == 'x'"])
    fitting = told(settings, "ok")
    monkeypatch.setattr(metadata, "requires", lambda _name: ["flask<1", "no-such-package>=2"])

    (misfit,) = told(settings)

    assert "Packages fit what this version asks for" in fitting
    assert misfit == f"Packages do not fit: flask is {metadata.version('flask')}, not <1; no-such-package is missing."


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give files away")
@pytest.mark.usefixtures("well")
def test_what_root_made_in_the_services_folder_is_told(settings):
    os.chown(settings.data_dir, 65534, 65534)
    (settings.data_dir / "files").mkdir()
    (settings.data_dir / "files" / "one").write_text("by root")

    (found,) = (one for one in doctor.examine(settings) if one.level == "error")

    assert found.what.endswith("files belongs to root, and the data folder to nobody; so do 1 more in it.")
    assert found.do.startswith(f"Run: chown -R nobody: {settings.data_dir}")


@pytest.mark.skipif(os.getuid() != 0, reason="only root can run something as somebody else")
@pytest.mark.usefixtures("well")
def test_a_folder_that_the_workers_own_user_cannot_write_to_is_told_to_root(settings):
    with subprocess.Popen(["sleep", "60"], user=65534) as somebody:
        queue.report_alive("runs", f"{socket.gethostname()}:{somebody.pid}:runs:0")
        found = told(settings)
        somebody.kill()

    assert found == [
        f"The data folder {settings.data_dir} belongs to root, and nobody, as whom the workers run, cannot write to it."
    ]


@pytest.mark.skipif(os.getuid() != 0, reason="only root owns what root made")
@pytest.mark.usefixtures("well")
def test_a_folder_of_roots_is_told_while_nothing_runs(settings):
    assert any("belongs to root. A service that runs as another user" in one for one in told(settings, "warning"))


@pytest.mark.usefixtures("well")
def test_an_address_with_a_path_is_told(settings):
    with transaction():
        db.session.get_one(Organization, 1).public_url = "https://example.org/helix"

    assert any("cannot be served below a path" in one for one in told(settings))


@pytest.mark.usefixtures("well")
def test_in_production_the_public_address_is_asked_for(settings):
    found = told(replace(settings, environment="production", smtp_url="smtp://127.0.0.1:9"))

    assert "PUBLIC_URL is not set." in found
    assert any("mail server cannot be reached" in one for one in found)


def test_servers_that_cannot_be_reached_are_named_with_what_to_look_at(tmp_path):
    nowhere = "127.0.0.1:9"
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_URL")} | {
        "DATA_DIR": str(tmp_path),
        "DATABASE_URL": f"postgresql://helix:hunter2@{nowhere}/helix",
        "REDIS_URL": f"redis://:hunter2@{nowhere}/0",
    }

    done = subprocess.run(
        [sys.executable, "-m", "helix", "doctor", "--json"], cwd=ROOT, env=environment, capture_output=True, text=True
    )

    told_all = [json.loads(line) for line in done.stdout.splitlines()]
    findings = {one["what"].partition(":")[0]: one for one in told_all if one["level"] == "error"}
    assert done.returncode == 1
    assert "DATABASE_URL" in findings["The database cannot be reached"]["do"]
    assert "REDIS_URL" in findings["Redis cannot be reached"]["do"]
    assert "hunter2" not in done.stdout + done.stderr


@pytest.fixture
def bucket(clean_app, monkeypatch):
    """An S3 server in whose bucket the files of this installation lie."""
    s3fs = pytest.importorskip("s3fs")
    with S3Server() as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        s3fs.S3FileSystem.clear_instance_cache()
        stored_files._open.cache_clear()
        monkeypatch.setitem(clean_app.config, "HELIX", replace(clean_app.config["HELIX"], files_url="s3://files/helix"))
        yield server
    s3fs.S3FileSystem.clear_instance_cache()
    stored_files._open.cache_clear()


@pytest.mark.usefixtures("well")
def test_a_bucket_is_looked_into(settings, bucket, make, ada):
    make.model()
    attachments.add(as_actor(ada), make.task(by=ada).id, name="a.txt", stream=io.BytesIO(b"words"))
    there = told(settings, "ok")
    bucket.objects.clear()
    gone = told(settings)
    bucket.buckets.clear()
    closed = told(settings)

    assert "Files: 1, none missing" in there
    assert any("1 of 1 files are missing from the store" in one for one in gone)
    assert any("files are missing" in one or "file store does not answer" in one for one in closed)


@pytest.mark.skipif("TEST_REDIS_URL" in os.environ, reason="changes settings of Redis: only a private one is ours")
@pytest.mark.usefixtures("well")
def test_a_redis_that_throws_things_away_or_keeps_nothing_is_told(settings):
    before = {name: redis().config_get(name)[name] for name in ("maxmemory-policy", "appendonly")}
    try:
        redis().config_set("maxmemory-policy", "allkeys-lru")
        redis().config_set("appendonly", "no")
        errors, warnings = told(settings), told(settings, "warning")
    finally:
        for name, value in before.items():
            redis().config_set(name, value)

    assert any("maxmemory-policy allkeys-lru" in one for one in errors)
    assert "Redis loses its data in a restart (appendonly no)." in warnings
    assert "Redis persists its data and evicts nothing" in told(settings, "ok")


@pytest.mark.any_database
@pytest.mark.usefixtures("well")
def test_postgresql_is_asked_for_what_the_search_needs_and_for_its_clock(settings, clean_app, monkeypatch):
    if db.engine.dialect.name != "postgresql":
        assert not any(one.startswith("Search:") for one in told(settings, "ok"))
        return
    well = told(settings, "ok")
    admin = db.engine.url.set(database="postgres")
    bare = f"helix_test_bare_{os.getpid()}"
    with sa.create_engine(admin, isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {bare} LOCALE 'C' TEMPLATE template0"))
        try:
            engine = sa.create_engine(db.engine.url.set(database=bare), poolclass=sa.NullPool)
            monkeypatch.setattr(database, "db", SimpleNamespace(engine=engine))
            found = [one.what for one in database.search_and_letters(settings)]
        finally:
            connection.execute(sa.text(f"DROP DATABASE {bare}"))

    assert any(one.startswith("Search: pg_trgm, UTF8") for one in well)
    assert any(one.startswith("Clocks agree to") for one in well)
    assert "The extension pg_trgm is missing." in found
    assert any("search does not know their case" in one for one in found)
