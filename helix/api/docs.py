from typing import Any

from flask import current_app

from helix.api.door import public_section

door = public_section("docs", "Documentation", "/api")
DOORS = (door,)

AN_OBJECT = {"description": "OK", "content": {"application/json": {"schema": {"type": "object"}}}}


@door.get("/openapi.json", responses={200: AN_OBJECT})
def openapi() -> Any:
    """This API as an OpenAPI 3.1 document, for tools. Needs no sign-in: it holds no data."""
    return current_app.api_doc  # type: ignore[attr-defined]
