"""Every request that the REST reference prints, in its order, against the demo installation that `make run` starts."""

import re
import signal
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import httpx
import pytest
from PIL import Image

from tests.support.installation import Installation
from tests.support.waiting import wait_for

# The reference signs in with these words. Where it changes the password, "oldpass" stands for the present one.
EMAIL, PASSWORD, PRESENT_PASSWORD = "admin@company.com", "yourpassword", "oldpass"
REQUEST = re.compile(r"^### (\d+)(?:, ([^\n]+))?\n(.+?)(?=^### |\Z)", re.M | re.S)
PLACE = re.compile(r"\{\w+\}")
MARKDOWN = b"---\nname: Brand Voice Guide\ndescription: Tone and vocabulary rules\n---\n\n# Brand Voice Guide\n"


@dataclass(frozen=True)
class Printed:
    """A request as the reference prints it. `which` says what stands for the id in its path."""

    status: int
    which: str
    method: str
    path: str
    content_type: str
    body: str


def printed():
    text = Path(__file__).with_name("reference.http").read_text(encoding="utf-8")
    return [_printed(int(status), which, request.strip()) for status, which, request in REQUEST.findall(text)]


def _printed(status, which, request):
    head, _, body = request.partition("\n\n")
    line, *headers = head.splitlines()
    method, path = line.split(" ", 1)
    # The reference prints the fields of one form directly below its header.
    content_type, fields = (headers[0].removeprefix("Content-Type: "), headers[1:]) if headers else ("", [])
    return Printed(status, which, method, path, content_type, body or "\n".join(fields))


@pytest.fixture(scope="module")
def installation(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reference")
    own = {"ADMIN_EMAIL": EMAIL, "ADMIN_PASSWORD": PASSWORD, "HELIX_DEMO_DELAY_SECONDS": "0", "RUN_WORKERS": "2"}
    with Installation(folder, first=(), **own) as installation:
        running = installation.begin("run")
        try:
            wait_for(lambda: installation.health()["workers"] > 0, 180, what="the installation")
            yield installation
        finally:
            running.send_signal(signal.SIGTERM)
            running.wait(30)


class Session:
    """Sends what is printed, and remembers what was made."""

    def __init__(self, address):
        self._http = httpx.Client(base_url=address, timeout=30)
        self._made = {}

    def send(self, request):
        path = PLACE.sub(lambda _place: str(self._id(request.which)), request.path)
        reply = self._http.request(request.method, path, **self._content(request))
        if reply.status_code == 201:
            self._made["attachment" if "/attachments" in path else path.split("/")[2]] = reply.json()["id"]
        if reply.is_success and reply.content and "access_token" in reply.text:
            self._http.headers["Authorization"] = f"Bearer {reply.json()['access_token']}"
        return reply

    def _content(self, request):
        if request.content_type == "multipart/form-data":
            fields = dict(re.findall(r'(\w+): "(.*)"', request.body))
            return {"files": {"file": self._file(request.body)}, "data": fields}
        body = request.body.replace(PRESENT_PASSWORD, PASSWORD)
        headers = {"Content-Type": request.content_type} if request.content_type else {}
        return {"headers": headers, "content": body.encode() or None}

    @staticmethod
    def _file(body):
        if "image file" in body:
            picture = BytesIO()
            Image.new("RGB", (64, 64), "teal").save(picture, "PNG")
            return "me.png", picture.getvalue()
        return ("brand-voice-guide.md", MARKDOWN) if "markdown file" in body else ("guide.pdf", b"%PDF-1.4\n%%EOF\n")

    def _id(self, which):
        match which:
            case "the user made above":
                return self._made["users"]
            case "the agent made above":
                return self._made["agents"]
            case "the task made above":
                return self._made["tasks"]
            case "the skill made above":
                return self._made["skills"]
            case "the attachment made above":
                return self._made["attachment"]
            case "the model made above":
                return self._made["models"]
            case "an agent of the demo":
                return self._listed("/api/agents/", name="Sierra")
            case "a skill of the demo":
                return self._listed("/api/skills", category="Marketing")
            case "the model of the demo":
                return self._listed("/api/models/", provider="demo")
            case "a task of the demo that is to do":
                return self._to_do()[0]
            case "another task of the demo that is to do":
                return self._to_do()[-1]
            case "the newest notification":
                return self._notification()
        raise AssertionError(f"what is {which!r}?")

    def _listed(self, path, **fields):
        return next(one["id"] for one in self._http.get(path).json() if fields.items() <= one.items())

    def _to_do(self):
        """Only those that no run waits for: each is executed once."""
        found = self._http.get("/api/tasks/?status=todo").json()
        return [one["id"] for one in found if one["assigned_agent_id"] and not one["last_run"]]

    def _notification(self):
        """The executed tasks bring one as soon as an agent is done."""
        found = wait_for(lambda: self._http.get("/api/notifications/").json()["items"], 60, what="a notification")
        return found[0]["id"]


def test_every_printed_request_is_answered_as_the_reference_says(installation):
    session, wrong = Session(installation.address), []
    requests = printed()

    for request in requests:
        reply = session.send(request)
        if reply.status_code != request.status:
            wrong.append(f"{request.method} {request.path}: {reply.status_code} {reply.text[:200]}")
        if reply.status_code == 204:
            assert not reply.content
            assert "content-type" not in reply.headers

    assert wrong == []
    assert len(requests) == 73
