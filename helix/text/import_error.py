from helix.errors import Invalid


class ImportFileError(Invalid):
    """A file cannot be imported. A sentence that says why and what to do; 422 with `loc` ["file"]."""

    def __init__(self, message: str, kind: str = "import_file") -> None:
        super().__init__([{"loc": ["file"], "msg": message, "type": kind}])
