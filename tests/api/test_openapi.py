import re

import jsonschema_rs
import pytest

from helix.api.document import METHODS, operations
from helix.api.document.examples import BODIES
from tests.support import openapi_check

pytestmark = pytest.mark.any_database


@pytest.fixture
def published(api):
    return api.get("/api/openapi.json").json


def routes(app):
    """Every (method, path) of the API, as a document would write it."""
    found = set()
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/api/"):
            path = re.sub(r"<(?:[^<:>]+:)?([^<>]+)>", r"{\1}", rule.rule)
            found |= {(method, path) for method in rule.methods - {"HEAD", "OPTIONS"}}
    return found


def test_the_document_is_open_api_3_1_and_needs_no_sign_in(api):
    reply = api.get("/api/openapi.json")

    assert reply.status_code == 200
    assert reply.json["openapi"].startswith("3.1")
    assert reply.json["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"


def test_the_document_and_the_routes_are_the_same(app, published):
    described = {(method.upper(), path) for path, method, _operation in operations(published)}

    assert described == routes(app)


def test_no_path_is_there_twice_with_and_without_a_slash(published):
    names = [path.rstrip("/") for path in published["paths"]]

    assert len(names) == len(set(names))


def test_every_operation_says_what_it_is_and_is_named_once(published):
    found = operations(published)

    nameless = [f"{method} {path}" for path, method, one in found if not one.get("summary", "").strip()]
    assert nameless == []
    ids = [one["operationId"] for _path, _method, one in found]
    assert len(ids) == len(set(ids))


def test_every_operation_belongs_to_a_section_that_is_described(published):
    described = {tag["name"] for tag in published["tags"] if tag.get("description")}

    assert {tag for _path, _method, one in operations(published) for tag in one["tags"]} == described


def test_every_operation_says_whether_it_wants_a_bearer_token(published):
    opened = {path for path, _method, one in operations(published) if one["security"] == []}
    closed = {path for path, _method, one in operations(published) if one["security"] == [{"bearer": []}]}

    assert opened | closed == set(published["paths"])
    assert opened == {
        "/api/auth/login",
        "/api/auth/redeem",
        "/api/health/",
        "/api/openapi.json",
        "/api/docs",
    }


def test_every_operation_says_what_it_answers_with_a_schema(published):
    for path, method, one in operations(published):
        good = {code: answer for code, answer in one["responses"].items() if code.startswith("2")}
        assert good, f"{method} {path} never succeeds"
        for code, answer in good.items():
            assert ("content" in answer) == (code != "204"), f"{method} {path} {code}"
        assert {"500", "503"} <= one["responses"].keys(), f"{method} {path}"


def test_every_operation_has_a_failure_of_the_caller_and_a_description(published):
    for path, method, one in operations(published):
        assert any(code.startswith("4") for code in one["responses"]), f"{method} {path}"
        assert one["description"].strip(), f"{method} {path}"
        assert "<br" not in one["description"], f"{method} {path}"
    assert published["info"]["license"] == {"name": "MIT", "identifier": "MIT"}
    assert published["info"]["contact"]


def test_no_operation_leaves_a_generator_to_choose_how_to_send_its_body(published):
    kinds = {
        f"{method} {path}": list(one["requestBody"]["content"])
        for path, method, one in operations(published)
        if "requestBody" in one
    }

    assert kinds["post /api/auth/login"] == ["application/x-www-form-urlencoded"]
    assert {name: found for name, found in kinds.items() if len(found) != 1} == {}


def test_files_are_bytes_before_they_are_anything_else(published):
    downloads = [one["responses"]["200"] for path, _method, one in operations(published) if path.endswith("/download")]

    assert [list(answer["content"]) for answer in downloads] == [["application/octet-stream", "*/*"]] * 2
    assert [answer for answer in downloads if "headers" in answer] == []


def test_every_reference_leads_somewhere(published):
    text = repr(published)

    for reference in set(re.findall(r"'\$ref': '#/components/([^']+)'", text)):
        kind, _, name = reference.partition("/")
        assert name in published["components"][kind], reference


def test_every_body_of_the_main_kinds_has_an_example_that_passes(app, published):
    bodies = {
        content["schema"]["$ref"].rpartition("/")[2]
        for _path, _method, one in operations(published)
        for kind, content in one.get("requestBody", {}).get("content", {}).items()
        if kind == "application/json" and "$ref" in content["schema"]
    }

    assert bodies - BODIES.keys() == set(), "give these an example in helix/api/document/examples.py"
    for name in bodies:
        problems = [
            one.message
            for one in openapi_check.validator(app, f"#/components/schemas/{name}").iter_errors(BODIES[name])
        ]
        assert problems == [], name


def test_every_schema_is_json_schema(published):
    for name, schema in published["components"]["schemas"].items():
        whole = {**schema, "components": published["components"]}
        assert jsonschema_rs.meta.is_valid(whole), name
    assert set(METHODS) >= {"get", "post", "patch", "put", "delete"}


def test_a_false_answer_would_be_noticed(app):
    checked = openapi_check.validator(app, "#/components/schemas/TaskList")

    assert not checked.is_valid([{"id": 1}])
    assert not checked.is_valid({"items": []})
    assert openapi_check.validator(app, "#/components/schemas/CommentOut").is_valid({}) is False
