"""During startup the web server answers while the workers are still loading."""

from tests.support.installation import Installation
from tests.support.waiting import wait_for


def test_what_asks_a_worker_waits_for_the_one_that_is_starting(tmp_path):
    with Installation(tmp_path, SEED_DEMO="0", RUN_WORKERS="1", HELIX_DEMO_DELAY_SECONDS="0") as installation:
        installation.start("web")
        with installation.client() as client:
            model = client.get("/models/").json()[0]["id"]
            nobody = client.post(f"/models/{model}/test")
            installation.processes["worker"] = installation.begin("worker", "all")
            wait_for(lambda: installation.health()["workers_starting"] == 2, 60, what="a worker that is starting")

            while_starting = installation.health()
            asked = client.post(f"/models/{model}/test")

        assert (nobody.status_code, "No worker is running" in nobody.text) == (503, True)
        assert (while_starting["status"], while_starting["workers"]) == ("degraded", 0)
        assert (asked.status_code, asked.json()["success"]) == (200, True), asked.text
        wait_for(lambda: installation.health()["workers_starting"] == 0, 10)
        assert installation.health()["workers"] == 2
