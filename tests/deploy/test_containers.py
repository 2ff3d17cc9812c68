"""Checks of the Dockerfile and compose.yaml that need no build."""

import json
import re
import shutil
import subprocess
import sys

import pytest
import yaml

from helix.cli import main
from tests.supervisor.installation import ROOT

COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
DOCKERFILE = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
OURS = ("migrate", "web", "worker", "scheduler")
# Read by the other services, by compose itself, or by the S3 library.
OTHERS = re.compile(r"POSTGRES_\w+|AWS_\w+|HELIX_VERSION|BIND|PATH|HOME|PYTHON\w+")


def instructions(name):
    return re.findall(rf"^{name} +(.+)$", DOCKERFILE, re.MULTILINE)


def copied():
    """What the image has of this folder."""
    lines = [line.split() for line in instructions("COPY") if not line.startswith("--from")]
    return [source for *sources, _target in lines for source in sources]


def documented():
    page = (ROOT / "docs" / "configuration.md").read_text()
    rows = [line.split("|")[1] for line in page.splitlines() if line.startswith("| `")]
    return {name for row in rows for name in re.findall(r"`([A-Z_]+)`", row)}


def test_every_variable_that_is_named_is_one_that_we_read():
    example = (ROOT / "deploy" / "compose.env.example").read_text()
    compose = (ROOT / "compose.yaml").read_text()
    named = set(re.findall(r"^#?([A-Z][A-Z_]+)=", example, re.MULTILINE))
    named |= set(re.findall(r"\$\{([A-Z_]+)", compose)) | set(re.findall(r"([A-Z_]+)=", " ".join(instructions("ENV"))))
    named |= {name for service in COMPOSE["services"].values() for name in service.get("environment", ())}

    strange = {name for name in named - documented() if not OTHERS.fullmatch(name)}

    assert strange == set()


def test_the_example_names_everything_that_production_asks_for():
    example = (ROOT / "deploy" / "compose.env.example").read_text()

    for name in ("SECRET_KEY", "JWT_SECRET_KEY", "ENCRYPTION_KEYS", "POSTGRES_PASSWORD"):
        assert re.search(rf"^{name}=$", example, re.MULTILINE), f"{name} must be there, and empty"


@pytest.mark.parametrize("name", OURS)
def test_our_services_run_a_command_of_ours_without_rights_or_a_disk_of_their_own(name):
    service = COMPOSE["services"][name]

    assert service["command"][0] in main.commands
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert service["env_file"] == ".env"
    assert "healthcheck" in service or name == "web"  # the image's own is the web's


def test_what_comes_after_the_migration_waits_for_it():
    for name in OURS[1:]:
        needed = COMPOSE["services"][name]["depends_on"]
        assert needed["migrate"]["condition"] == "service_completed_successfully"
        assert needed["redis"]["condition"] == "service_healthy"


def test_servers_keep_what_they_are_given():
    db, redis = COMPOSE["services"]["db"], COMPOSE["services"]["redis"]

    assert redis["command"][1:3] == ["--appendonly", "yes"]
    assert "noeviction" in redis["command"]
    assert "UTF8" in db["environment"]["POSTGRES_INITDB_ARGS"]
    assert all(service["volumes"] and service["healthcheck"] for service in (db, redis))


def test_the_image_runs_as_nobody_special_and_hears_its_signals():
    assert instructions("USER") == ["10001:10001"]
    assert json.loads(instructions("ENTRYPOINT")[0])[0] == "tini"
    assert json.loads(instructions("CMD")[0]) == ["web"]
    assert "--require-hashes" in DOCKERFILE


def test_only_what_is_copied_is_sent_to_the_builder():
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    sent = {line.strip("!/") for line in lines if line.startswith("!")}

    assert "*" in lines
    assert sent == set(copied())


def test_what_the_image_has_of_the_code_is_enough_to_run(tmp_path):
    code, data = tmp_path / "code", tmp_path / "data"
    code.mkdir()
    for name in copied():
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, code / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, code / name)
    for path in sorted(code.rglob("*"), reverse=True):
        path.chmod(0o555 if path.is_dir() else 0o444)

    def python(*arguments):
        environ = {"DATA_DIR": str(data), "PYTHONDONTWRITEBYTECODE": "1", "ADMIN_PASSWORD": "letmein-please"}
        return subprocess.run([sys.executable, *arguments], cwd=code, env=environ, capture_output=True, text=True)

    migrated = python("-m", "helix", "migrate")
    seeded = python("-m", "helix", "seed", "--json")
    checked = python("-c", "import wsgi; print(wsgi.app.test_client().get('/sign-in').status_code)")

    assert migrated.returncode == 0, migrated.stderr
    assert json.loads(seeded.stdout)["created"], seeded.stderr
    assert checked.stdout == "200\n", checked.stderr


@pytest.mark.parametrize("unit", sorted((ROOT / "deploy" / "systemd").glob("*.service")), ids=lambda path: path.stem)
def test_a_unit_runs_a_command_of_ours_and_signals_it_alone(unit):
    text = unit.read_text()
    (command,) = re.findall(r"^ExecStart=/opt/helix/\.venv/bin/python -m helix (\w+)", text, re.MULTILINE)

    assert command in main.commands
    assert "KillMode=mixed" in text
    assert "EnvironmentFile=/etc/helix.env" in text
    assert "NoNewPrivileges=yes" in text
