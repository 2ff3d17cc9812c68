from typing import Any

from flask import current_app, render_template, request

from helix.api.blueprint import public_blueprint
from helix.api.document import reference
from helix.text.inline_code import inline_code

blueprint = public_blueprint("docs", "Documentation", "/api")
BLUEPRINTS = (blueprint,)

AN_OBJECT: Any = {"description": "OK", "content": {"application/json": {"schema": {"type": "object"}}}}
A_PAGE: Any = {"description": "OK", "content": {"text/html": {"schema": {"type": "string"}}}}


@blueprint.get("/openapi.json", responses={200: AN_OBJECT})
def openapi() -> Any:
    """This API as an OpenAPI 3.1 document. Needs no authentication: it contains no data."""
    return current_app.api_doc  # type: ignore[attr-defined]


@blueprint.get("/docs", responses={200: A_PAGE})
def page() -> Any:
    """The same document as an HTML page."""
    document = current_app.api_doc  # type: ignore[attr-defined]
    address = request.host_url.rstrip("/")
    found = reference.sections(document, address)
    schemas = {
        name: reference.fields(document, schema) or [{"name": reference.type_label(schema)}]
        for name, schema in sorted(document["components"]["schemas"].items())
    }
    return render_template(
        "api/docs.html", info=document["info"], sections=found, schemas=schemas, address=address, code=inline_code
    )
