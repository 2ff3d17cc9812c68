"""The error responses and headers of each operation."""

from typing import Any

ERROR = {"$ref": "#/components/schemas/Error"}
PROBLEMS = {"$ref": "#/components/schemas/ValidationProblem"}
# status: (name, description, schema, example detail)
FAILURES: dict[str, tuple[str, str, dict[str, Any], Any]] = {
    "400": ("BadRequest", "The request cannot be read, or a precondition is wrong.", ERROR, "The body is not JSON."),
    "401": ("NotSignedIn", "The token is missing, wrong or no longer valid.", ERROR, "Log in again for a new one."),
    "403": ("Forbidden", "You may see this, but not do that.", ERROR, "You do not have the right to do this."),
    "404": ("NotFound", "It does not exist, or you may not know that it does.", ERROR, "Not found"),
    "409": ("Conflict", "The state of things does not allow it, or a name is taken.", ERROR, "Cancel the run first."),
    "413": ("TooLarge", "The body is too large.", ERROR, "That is too large."),
    "415": ("WrongMediaType", "The body is of a kind that is not read here.", ERROR, "Send this as JSON."),
    "422": (
        "Invalid",
        "A value fails a check.",
        PROBLEMS,
        [{"loc": ["title"], "msg": "Field required", "type": "missing"}],
    ),
    "429": ("TooManyRequests", "Too many tries: wait as long as Retry-After says.", ERROR, "Too many tries."),
    "500": ("Crash", "Something went wrong on our side.", ERROR, "Something went wrong on our side."),
    "503": ("Unavailable", "The database or the queue cannot be reached.", ERROR, "Try again in a moment."),
}
NUMBER = {"type": "integer", "minimum": 0}


def _component(status: str) -> dict[str, Any]:
    _name, words, schema, detail = FAILURES[status]
    found: dict[str, Any] = {
        "description": words,
        "content": {"application/json": {"schema": schema, "example": {"detail": detail}}},
    }
    if status == "429":
        found["headers"] = {"Retry-After": {"description": "Seconds to wait.", "schema": NUMBER}}
    return found


COMPONENTS = {
    **{name: _component(status) for status, (name, *_rest) in FAILURES.items()},
    "NotModified": {"description": "What you have (by its ETag, sent as If-None-Match) is still right."},
}
OF_ARRAYS = {
    "X-Total-Count": {"description": "How many there are in all.", "schema": NUMBER},
    "Link": {"description": "RFC 8288: `first`, `prev`, `next` and `last` page.", "schema": {"type": "string"}},
}
OF_READING = {
    "ETag": {"description": "Send it as If-None-Match to get a 304 if nothing changed.", "schema": {"type": "string"}}
}


def finalize(path: str, method: str, operation: dict[str, Any]) -> None:
    """Replace the errors declared by the blueprint with those that this operation can return."""
    declared = operation["responses"]
    own = {code: answer for code, answer in declared.items() if code not in FAILURES or not _is_failure(answer)}
    for code, answer in own.items():
        _add_headers(method, code, answer, operation)
    if "headers" in own.get("200", {}):
        own["304"] = {"$ref": "#/components/responses/NotModified"}
    for code in sorted(_possible(path, method, operation) | (declared.keys() & {"413", "415", "503"})):
        own.setdefault(code, {"$ref": f"#/components/responses/{FAILURES[code][0]}"})
    operation["responses"] = dict(sorted(own.items()))


def _is_failure(answer: dict[str, Any]) -> bool:
    schema = answer.get("content", {}).get("application/json", {}).get("schema")
    return schema in (ERROR, PROBLEMS)


def _possible(path: str, method: str, operation: dict[str, Any]) -> set[str]:
    body = "requestBody" in operation
    checked = body or any(one["in"] in ("query", "header") for one in operation.get("parameters", []))
    public = not operation.get("security")
    by_condition = {
        "400": body or public,
        "401": not public or path == "/api/auth/login",
        "403": not public,
        "404": "{" in path,
        "409": method != "get" and not public,
        "413": body,
        "415": body,
        "422": checked or method != "get",
        "429": path in ("/api/auth/login", "/api/auth/redeem", "/api/auth/me/change-password"),
        "500": True,
        "503": True,
    }
    return {code for code, possible in by_condition.items() if possible}


def _add_headers(method: str, code: str, answer: dict[str, Any], operation: dict[str, Any]) -> None:
    # Files and exports are streamed and have no ETag.
    if method != "get" or code != "200" or not operation["security"] or "application/json" not in answer["content"]:
        return
    answer["headers"] = dict(OF_READING)
    if any(one["name"] == "per_page" for one in operation.get("parameters", [])) and not _enveloped(operation):
        answer["headers"] |= OF_ARRAYS


def _enveloped(operation: dict[str, Any]) -> bool:
    """Whether the operation returns an envelope with a cursor instead of a plain array."""
    return any(one["name"] == "cursor" for one in operation.get("parameters", []))
