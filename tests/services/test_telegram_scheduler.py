"""Telegram delivery by a real scheduler process, without workers."""

import os
import signal
import subprocess
import sys

import pytest

from helix import queue
from helix.extensions import db
from helix.models import Delivery
from helix.models.vocabulary import TaskStatus
from tests.support.backing_services import ROOT
from tests.support.telegram_app import MIA
from tests.support.telegram_server import TOKEN
from tests.support.waiting import wait_for


@pytest.fixture
def scheduler(servers, clean_app, server, tmp_path):
    """`start(**environment)`: a scheduler (or worker) on this test's database, at this test's Telegram.

    It ends with the test.
    """
    started = []

    def start(*command, **environment):
        log = tmp_path / f"scheduler{len(started)}.log"
        with log.open("w") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "helix", *(command or ["scheduler"])],
                cwd=ROOT,
                env={**os.environ, **servers.environment, "TELEGRAM_API_URL": server.url, **environment},
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        started.append(process)
        return process, log

    yield start
    for process in started:
        process.terminate()
    for process in started:
        process.wait(20)


@pytest.mark.any_database
def test_a_result_is_asked_for_approved_by_a_button_and_marked_so(telegram_app, scheduler):
    task = telegram_app.waiting_result()
    process, log = scheduler()

    wait_for(lambda: telegram_app.server.in_chat(MIA), 90)
    (message,) = telegram_app.server.in_chat(MIA)
    telegram_app.server.press(MIA, message, "Approve")
    wait_for(lambda: telegram_app.status(task) == TaskStatus.DONE, 90)
    wait_for(lambda: "Approved by Mia." in message.text, 90)
    process.send_signal(signal.SIGTERM)

    assert process.wait(10) == 0
    assert telegram_app.server.answers == ["Approved."]
    assert TOKEN.split(":")[1] not in log.read_text()


def test_without_redis_two_schedulers_send_each_message_once(telegram_app, scheduler):
    telegram_app.waiting_result("One")
    telegram_app.waiting_result("Two")
    nowhere = {"REDIS_URL": "redis://127.0.0.1:9/0"}
    scheduler(**nowhere)
    scheduler(**nowhere)

    wait_for(lambda: len(telegram_app.server.in_chat(MIA)) == 2, 90)
    wait_for(lambda: all(row.status == "sent" for row in telegram_app.rows()), 60)

    assert len(telegram_app.server.called("sendMessage")) == 2
    assert db.session.query(Delivery).count() == 2


@pytest.mark.any_database
def test_a_quick_worker_sends_what_was_queued_and_handles_what_came_by_webhook(telegram_app, scheduler):
    task = telegram_app.waiting_result()
    scheduler("worker", "quick")

    wait_for(lambda: telegram_app.server.in_chat(MIA), 90)
    (message,) = telegram_app.server.in_chat(MIA)
    queue.enqueue("helix.jobs.telegram.handle", telegram_app.server.press(MIA, message, "Approve"))

    wait_for(lambda: telegram_app.status(task) == TaskStatus.DONE, 90)
    wait_for(lambda: "Approved by Mia." in message.text, 90)
