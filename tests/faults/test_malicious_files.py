"""Files that would use all memory and processor time do not slow a real installation for others."""

import io
import threading
import zlib

import psutil
import pytest
from PIL import Image

from tests.support.hostile_files import pdf_with, word_with
from tests.support.office_files import word
from tests.support.waiting import wait_for

pytestmark = pytest.mark.faults

ENDLESS = word_with('<w:tbl><w:tr><w:tc><w:tcPr><w:gridSpan w:val="2000000000"/></w:tcPr><w:p/></w:tc></w:tr></w:tbl>')
COMPLEX = pdf_with(zlib.compress(b"BT /F1 12 Tf " + b"(a) Tj " * 1_500_000 + b"ET", 9))


class Watch:
    """The most memory, in megabytes, that any one process of the installation had."""

    def __init__(self, installation):
        self._roots = [process.pid for process in installation.processes.values()]
        self._over = threading.Event()
        self.most = 0.0
        self._thread = threading.Thread(target=self._look, daemon=True)

    def _look(self):
        while not self._over.wait(0.02):
            for pid in self._roots:
                for process in [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]:
                    try:
                        self.most = max(self.most, process.memory_info().rss / 1024 / 1024)
                    except psutil.Error:
                        continue

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_error):
        self._over.set()
        self._thread.join(5)


def upload(api, task, content, name):
    reply = api.post(f"/tasks/{task}/attachments/", files={"file": (name, content)})
    assert reply.status_code == 201, reply.text
    return reply.json()["id"]


def notes(api, task):
    return {file["id"]: file["note"] for file in api.get(f"/tasks/{task}/attachments").json()}


def test_hostile_documents_delay_neither_model_tests_nor_another_members_file(installation, api, work):
    uploader_task, other_task = work.task(), work.task()
    person = api.post("/users/", json={"name": "Noah of the files", "email": "noah@files.example", "role": "admin"})
    assert person.status_code == 201, person.text
    password = {"password": "correct horse staple"}
    assert api.patch(f"/users/{person.json()['id']}", json=password).status_code == 200
    token = api.post("/auth/login", data={"username": "noah@files.example", "password": "correct horse staple"})
    noah = {"Authorization": f"Bearer {token.json()['access_token']}"}
    model = api.get("/models/").json()[0]["id"]

    with Watch(installation) as watch:
        many = [upload(api, uploader_task, COMPLEX, "complex.pdf") for _ in range(12)]
        many.append(upload(api, uploader_task, ENDLESS, "endless.docx"))
        file = {"file": ("plan.docx", word("The plan"))}
        one = api.post(f"/tasks/{other_task}/attachments/", files=file, headers=noah).json()["id"]
        tested = api.post(f"/models/{model}/test")
        wait_for(lambda: notes(api, other_task)[one] == "", 120, "the other member's file to be read")
        still_waiting = [file for file in many if notes(api, uploader_task)[file] == "It is being read."]

    assert tested.status_code == 200, tested.text
    assert len(still_waiting) >= 6, "the other member's file was read before most of the first member's"
    assert watch.most < 400, "the worker alone has the model library, of some 250 MB"
    wait_for(lambda: "It is being read." not in notes(api, uploader_task).values(), 300, "all to be read or refused")
    assert "too complex to read" in notes(api, uploader_task)[many[0]]


def test_pictures_of_forty_million_pixels_take_no_memory_of_the_web_process(installation, api):
    out = io.BytesIO()
    Image.new("RGB", (6300, 6300), (9, 9, 9)).save(out, "PNG")
    web = psutil.Process(installation.processes["web"].pid)
    servers = web.children()
    before = sum(process.memory_info().rss for process in servers)

    codes = []

    def send():
        reply = api.post("/auth/me/avatar", files={"file": ("me.png", out.getvalue())})
        codes.append(reply.status_code)

    threads = [threading.Thread(target=send) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert codes == [200] * 5
    assert sum(process.memory_info().rss for process in servers) - before < 40_000_000
