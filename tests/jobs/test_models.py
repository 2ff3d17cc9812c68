"""Provider errors as reported by a real `helix worker` to the user who tests a model."""

import time

import pytest

from tests.support.installation import Installation
from tests.support.model_server import ModelServer
from tests.support.waiting import free_port

pytestmark = pytest.mark.any_database

KEY = "sk-a-long-enough-secret-9876"


@pytest.fixture(scope="module")
def installation(tmp_path_factory):
    folder = tmp_path_factory.mktemp("installation")
    with Installation(folder, SEED_DEMO="0", RUN_WORKERS="1") as installation:
        installation.start("web", "worker")
        yield installation


@pytest.fixture(scope="module")
def admin(installation):
    with installation.client() as client:
        yield client


@pytest.fixture(scope="module")
def provider():
    with ModelServer() as server:
        yield server


def tried(admin, behaviour, address):
    """What testing a model that behaves so comes to, and what the model remembers of it."""
    body = {"provider": "custom", "model_name": behaviour, "base_url": address, "api_key": KEY}
    made = admin.post("/models/", json=body).json()
    answer = admin.post(f"/models/{made['id']}/test")
    assert answer.status_code == 200, answer.text
    return answer.json(), admin.get(f"/models/{made['id']}").json()["last_test"]


def test_a_model_that_answers_is_fine(admin, provider):
    answer, last = tried(admin, "ok", provider.openai_url)

    asked = provider.asked("ok")[-1]
    assert answer["success"] is last["ok"] is True
    assert answer["latency_ms"] == last["latency_ms"] > 0
    assert asked.headers["Authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize(
    ("behaviour", "words"),
    [
        ("unauthorized", "refused the key"),
        ("forbidden", "refused the key"),
        ("not-found", "does not know the model"),
        ("rate-limited", "no more calls for now"),
        ("no-quota", "no credit left"),
        ("broken", "error of its own"),
        ("html", "no answer that can be read"),
        ("broken-json", "cannot be read"),
        ("cut", "ended the connection"),
        ("empty", "empty answer"),
        ("redirect:9", "Redirects are not followed"),
    ],
)
def test_what_is_wrong_is_said_in_words_without_keys_or_raw_answers(admin, provider, behaviour, words):
    answer, last = tried(admin, behaviour, provider.openai_url)

    assert answer["success"] is last["ok"] is False
    assert words in answer["message"]
    assert len(answer["message"]) < 300
    for secret in (KEY, "Incorrect API key", "secret-internals", "nginx", "<"):
        assert secret not in answer["message"]


def test_a_host_that_is_not_there_is_said_to_be_unreachable(admin):
    answer, _last = tried(admin, "ok", f"http://127.0.0.1:{free_port()}/v1")

    assert answer["success"] is False
    assert "could not be reached" in answer["message"]


def test_a_slow_model_is_waited_for(admin, provider):
    answer, _last = tried(admin, "slow:2", provider.openai_url)

    assert answer["success"] is True
    assert answer["latency_ms"] >= 2000


def test_a_model_that_says_nothing_is_given_up_after_fifteen_seconds(admin, provider):
    began = time.monotonic()

    answer, last = tried(admin, "silence", provider.openai_url)

    assert answer["success"] is last["ok"] is False
    assert "did not finish within 15 seconds" in answer["message"]
    assert 14 < time.monotonic() - began < 20


def test_a_key_shows_in_no_log(installation, admin, provider):
    tried(admin, "unauthorized", provider.openai_url)

    assert KEY not in installation.log.read_text()


def test_a_queue_without_workers_says_so(installation, admin, provider):
    """The last test of this installation: its worker leaves."""
    body = {"provider": "custom", "model_name": "ok", "base_url": provider.openai_url}
    made = admin.post("/models/", json=body).json()
    installation.stop("worker")

    answer = admin.post(f"/models/{made['id']}/test")

    assert answer.status_code == 503
    assert "worker" in answer.json()["detail"]
