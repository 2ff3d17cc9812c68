"""The wheel: built from the checkout, installed into a new environment, and run from an empty folder."""

import os
import re
import signal
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import psutil
import pytest

from tests.supervisor.installation import ROOT
from tests.support.html_forms import form
from tests.support.waiting import free_port, wait_for

pytestmark = pytest.mark.any_database

EMAIL, PASSWORD = "ada@example.com", "correct horse battery"
SOURCES = ("templates", "static", "migrations", "helix/demo/content")


def build(source: Path, kind: str, target: Path) -> Path:
    """Build a `wheel` or `sdist` without the network; the file."""
    command = [sys.executable, "-m", "hatchling", "build", "--target", kind, "--directory", str(target)]
    subprocess.run(command, cwd=source, check=True, capture_output=True, text=True)
    (built,) = target.iterdir()
    return built


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    return build(ROOT, "wheel", tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """The folder of programs of a virtual environment with the wheel, and the dependencies of this one."""
    folder = tmp_path_factory.mktemp("venv")
    venv.create(folder, symlinks=True, with_pip=False)
    (packages,) = folder.glob("lib/python*/site-packages")
    # `--no-compile`: three seconds that this test can do without.
    command = ["--python", str(folder / "bin/python"), "install", "--no-deps", "--no-index", "--no-compile", str(wheel)]
    subprocess.run([sys.executable, "-m", "pip", "-q", *command], check=True)
    found = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (packages / "dependencies.pth").write_text("\n".join(found) + "\n")
    return folder / "bin"


class Installation:
    """`helix run` of the wheel, started in an empty folder with the defaults of every setting but these."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self._helix = programs / "helix"
        self.folder = folder
        self.url = f"http://127.0.0.1:{(port := free_port())}"
        self.log = folder.with_suffix(".log")
        self._environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "PORT": str(port),
            "ADMIN_EMAIL": EMAIL,
            "ADMIN_PASSWORD": PASSWORD,
            "RUN_WORKERS": "1",
            "HELIX_FAST_PASSWORDS": "1",
            "HELIX_DEMO_DELAY_SECONDS": "0",
        }

    def helix(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            [self._helix, *command], cwd=self.folder, env=self._environment, capture_output=True, text=True, check=False
        )

    def __enter__(self) -> "Installation":
        with self.log.open("w") as log:
            self._process = psutil.Popen(
                [self._helix, "run"], cwd=self.folder, env=self._environment, stdout=log, stderr=log
            )
        try:
            wait_for(self._is_ready, 120, what="the installation")
        except AssertionError:
            self.__exit__()
            pytest.fail(self.log.read_text())
        return self

    def _is_ready(self) -> bool:
        assert self._process.poll() is None, self.log.read_text()
        return httpx.get(f"{self.url}/api/health").json()["workers"] >= 1

    def __exit__(self, *_error: object) -> None:
        if self._process.poll() is not None:
            return
        children = self._process.children(recursive=True)
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(15)
        except psutil.TimeoutExpired:
            self._process.kill()
            for child in children:
                if child.is_running():
                    child.kill()


@pytest.fixture
def installation(installed, tmp_path):
    folder = tmp_path / "empty"
    folder.mkdir()
    with Installation(installed, folder) as running:
        yield running


def test_wheel_holds_every_file_that_the_checkout_serves(wheel):
    tracked = subprocess.run(["git", "ls-files", *SOURCES], cwd=ROOT, capture_output=True, text=True, check=True).stdout

    held = set(zipfile.ZipFile(wheel).namelist())

    expected = {f"helix/{name.removeprefix('helix/')}" for name in tracked.splitlines()}
    assert expected <= held
    assert {name.partition("/")[0] for name in held} == {"helix", wheel.name.rsplit("-", 3)[0] + ".dist-info"}


def test_source_distribution_builds_the_same_wheel(wheel, tmp_path):
    sdist = build(ROOT, "sdist", tmp_path / "sdist")
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path / "source", filter="data")
    (source,) = (tmp_path / "source").iterdir()

    rebuilt = build(source, "wheel", tmp_path / "rebuilt")

    assert rebuilt.name == wheel.name
    assert rebuilt.read_bytes() == wheel.read_bytes()


def test_installed_program_signs_in_and_executes_a_task(installation):
    with httpx.Client(base_url=installation.url, follow_redirects=True) as browser:
        sign_in = form(browser.get("/sign-in").text, "/sign-in").fields
        home = browser.post("/sign-in", data=sign_in | {"email": EMAIL, "password": PASSWORD})
        static = {path: browser.get(path).status_code for path in re.findall(r'"(/static/[^"#]+)[#"]', home.text)}
    token = httpx.post(f"{installation.url}/api/auth/login", data={"username": EMAIL, "password": PASSWORD}).json()
    headers = {"Authorization": f"Bearer {token['access_token']}"}
    with httpx.Client(base_url=f"{installation.url}/api", headers=headers) as api:
        board, agent = api.get("/boards/").json()[3], api.get("/agents/").json()[0]
        new = {"title": "Check the wheel", "board_id": board["id"], "assigned_agent_id": agent["id"]}
        task = api.post("/tasks/", json=new).json()["id"]
        executed = api.post(f"/tasks/{task}/execute")
        wait_for(lambda: api.get(f"/tasks/{task}").json()["status"] == "review", 60, what="the result of the task")
    with ThreadPoolExecutor() as pool:
        migrated, examined = pool.map(installation.helix, ["migrate", "doctor"])

    assert home.status_code == 200
    assert home.url.path != "/sign-in"
    assert any(path.endswith(".css") for path in static)
    assert set(static.values()) == {200}
    assert executed.status_code == 202
    assert migrated.returncode == 0, migrated.stderr
    assert examined.returncode == 0, examined.stdout + examined.stderr
    assert "Packages fit what this version asks for" in examined.stdout
    assert [path.name for path in installation.folder.iterdir()] == ["data"]
