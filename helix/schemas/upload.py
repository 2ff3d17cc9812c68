"""Forms with a file in them."""

from typing import Any

from flask import request
from flask_openapi3.models.file import FileStorage
from pydantic import model_validator
from werkzeug.datastructures import FileStorage as ReceivedFile

from helix.schemas.common import In


class Upload(FileStorage):
    """An uploaded file. Text in its place is a validation error."""

    @classmethod
    def validate(cls, value: Any, *_args: Any, **_kwargs: Any) -> ReceivedFile:
        if not isinstance(value, ReceivedFile):
            raise ValueError("must be a file: send the form as multipart/form-data")
        return value


def multi_file_form(*lists: str) -> dict[str, Any]:
    """The present form with one or more files: the first in `file`, the others in `files`. `lists` may repeat."""
    texts = {name: request.form.getlist(name) if name in lists else text for name, text in request.form.items()}
    received = {name: uploads for name, uploads in request.files.items() if name not in ("file", "files")}
    uploads = [*request.files.getlist("file"), *request.files.getlist("files")]
    more = {"files": uploads[1:]} if uploads[1:] else {}
    return {**texts, **received, **({"file": uploads[0]} if uploads else {}), **more}


class UploadForm(In):
    """A form with one file, and text fields that are not parsed as JSON."""

    file: Upload

    @model_validator(mode="before")
    @classmethod
    def _as_sent(cls, _read: Any) -> dict[str, Any]:
        # flask-openapi3 reads every text of a form as JSON where it can: "1.10" would come as 1.1.
        if not request.form and not request.files and request.content_length:
            # Werkzeug silently drops a form whose part headers are not UTF-8.
            raise ValueError("the form cannot be read: send file names in UTF-8, and the right boundary")
        for name, values in (*request.form.lists(), *request.files.lists()):
            if len(values) > 1:
                raise ValueError(f"there is more than one part named {name}: send one file at a time")
        return {**request.form.to_dict(), **request.files.to_dict()}
