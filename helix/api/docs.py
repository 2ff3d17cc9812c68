from typing import Any

from flask import current_app, render_template, request

from helix.api.blueprint import public_section
from helix.api.document import reading

door = public_section("docs", "Documentation", "/api")
DOORS = (door,)

AN_OBJECT: Any = {"description": "OK", "content": {"application/json": {"schema": {"type": "object"}}}}
A_PAGE: Any = {"description": "OK", "content": {"text/html": {"schema": {"type": "string"}}}}


@door.get("/openapi.json", responses={200: AN_OBJECT})
def openapi() -> Any:
    """This API as an OpenAPI 3.1 document, for tools. Needs no sign-in: it holds no data."""
    return current_app.api_doc  # type: ignore[attr-defined]


@door.get("/docs", responses={200: A_PAGE})
def page() -> Any:
    """The same document as a page for people, from files of our own alone."""
    document = current_app.api_doc  # type: ignore[attr-defined]
    address = request.host_url.rstrip("/")
    found = reading.sections(document, address)
    schemas = {
        name: reading.fields(document, schema) or [{"name": reading.in_words(schema)}]
        for name, schema in sorted(document["components"]["schemas"].items())
    }
    return render_template("api/docs.html", info=document["info"], sections=found, schemas=schemas, address=address)
