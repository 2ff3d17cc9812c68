"""The content of TOOLS_FILE. Not part of the API: only somebody with access to the host writes it."""

from typing import Annotated

from pydantic import Field

from helix.schemas.common import In, Line, NotBlank, Text, matching
from helix.schemas.tool import Seconds, Slug, Title

Command = Annotated[Line, Field(min_length=1, max_length=1000), NotBlank]
Argument = Annotated[Text, Field(max_length=4000)]
Folder = Annotated[Text, *matching(r"/.{0,999}", "Write an absolute path such as /srv/notes.")]
Variable = Annotated[Line, *matching(r"[A-Za-z_][A-Za-z0-9_]{0,99}", "Write the name of an environment variable.")]


class ServerEntry(In):
    """One MCP server: a program that speaks the protocol on its standard input and output."""

    id: Slug
    """The beginning of its tools' names."""
    command: Command
    """An absolute path, or a name that is found on PATH."""
    args: Annotated[list[Argument], Field(max_length=100)] = []
    environment: Annotated[list[Variable], Field(max_length=50)] = []
    """Names of variables that are handed on. The program gets no others of this process."""
    network: bool = False
    """Whether it may use the network. Only enforced where bubblewrap can be used."""
    folders: Annotated[list[Folder], Field(max_length=20)] = []
    """Where it may write besides its scratch folder. Only enforced where bubblewrap can be used."""
    title: Title | None = None
    timeout_seconds: Seconds = 60


class ToolsFileContent(In):
    servers: Annotated[list[ServerEntry], Field(max_length=50)]
