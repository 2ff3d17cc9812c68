import re

import pytest

from helix.api.document import operations
from helix.web.security import POLICY

pytestmark = pytest.mark.any_database


def test_the_page_shows_every_operation_with_a_curl_line_and_needs_no_sign_in(api):
    document = api.get("/api/openapi.json").json

    page = api.get("/api/docs")

    assert (page.status_code, page.mimetype) == (200, "text/html")
    assert page.headers["Content-Security-Policy"] == POLICY
    for path, _method, one in operations(document):
        block = re.search(rf'<details class="doc-operation" id="{one["operationId"]}".*?</dl>', page.text, re.S)
        assert block, one["operationId"]
        assert path in block[0]
        assert "curl " in block[0]


def test_the_page_shows_fields_examples_and_answers(api):
    page = api.get("/api/docs").text

    block = re.search(r'<details class="doc-operation" id="tasks_create".*?</dl>', page, re.S)[0]
    assert "requires_approval" in block
    assert "Write a blog post about AI tools" in block
    assert "Idempotency-Key" in block
    assert "low | medium | high | urgent" in page
    for status in ("201", "401", "422"):
        assert f">{status}</code>" in block


def test_the_page_has_only_files_of_our_own_and_nothing_inline(api):
    page = api.get("/api/docs").text

    assert re.findall(r'(?:src|href)="(?:https?:)?//', page) == []
    assert "<style" not in page
    assert " style=" not in page
    assert re.findall(r"<script(?![^>]*\bsrc=)", page) == []


def test_its_files_are_there(app, api):
    page = api.get("/api/docs").text
    client = app.test_client()

    files = re.findall(r'(?:src|href)="(/static/[^"]*)"', page)

    assert any(name.endswith("api/docs.js") for name in files)
    assert [name for name in files if client.get(name).status_code != 200] == []
