import json
import threading

import httpx

from tests.support.installation import EMAIL, PASSWORD


class EventStreamClient(threading.Thread):
    """An open page: records the events of its stream."""

    def __init__(self, address):
        super().__init__(daemon=True)
        self._browser = httpx.Client(base_url=address, timeout=60)
        csrf = (
            self._browser.get("/sign-in").text.split('name="csrf_token"', 1)[1].split('value="', 1)[1].split('"', 1)[0]
        )
        sent = {"email": EMAIL, "password": PASSWORD, "csrf_token": csrf}
        assert self._browser.post("/sign-in", data=sent, headers={"Referer": address}).status_code == 303
        self.heard, self.ends = [], 0
        self.start()

    def run(self):
        with self._browser.stream("GET", "/events") as stream:
            for line in stream.iter_lines():
                if line.startswith("data: "):
                    self.heard.append(json.loads(line[6:]))
        self.ends += 1

    def answer(self, path):
        """Requests another address with the same session."""
        return self._browser.get(path, timeout=15)

    def received_event_for(self, task_id):
        return any(event.get("id") == task_id for event in self.heard)
