from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, RootModel, model_validator

from helix.models.vocabulary import ActivationMode, AgentStatus
from helix.schemas.common import IdNumber, In, Line, NotBlank, Out, Paging, Patch, Query, Text, matching
from helix.schemas.upload import Upload, UploadForm, multi_file_form

_NUMBER = r"(0|[1-9][0-9]*)"
_WORD = r"(0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*)"
# The grammar of semver.org.
SEMVER = rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}(-{_WORD}(\.{_WORD})*)?(\+[0-9a-zA-Z-]+(\.[0-9a-zA-Z-]+)*)?"

Name = Annotated[Line, Field(min_length=1, max_length=120), NotBlank]
Description = Annotated[Text, Field(max_length=2_000)]
Category = Annotated[Line, Field(max_length=80)]
# Lower case first: some characters become longer.
Tag = Annotated[Line, AfterValidator(str.lower), Field(min_length=1, max_length=50), NotBlank]
Tags = Annotated[list[Tag], Field(max_length=20)]
# In UTF-8 at most 1.6 MB, so that what was exported can always be imported.
Content = Annotated[Text, Field(max_length=400_000)]
Version = Annotated[Line, Field(max_length=64), *matching(SEMVER, "Write a version of three numbers such as 1.2.0.")]
Ids = Annotated[list[IdNumber], Field(max_length=1000)]
FilePath = Annotated[Line, Field(max_length=1_000)]
FileDescription = Annotated[Text, Field(max_length=1_000)]


class SkillPath(Query):
    skill_id: int


class VersionPath(SkillPath):
    number: int


class SkillAttachmentPath(Query):
    attachment_id: int


class SkillFilter(Paging):
    search: Annotated[Text, Field(max_length=500)] | None = None
    """Any part of name, description or content, ignoring case."""
    category: Annotated[Text, Field(max_length=80)] | None = None
    tag: Annotated[Text, Field(max_length=50)] | None = None


class SkillIn(In):
    name: Name
    """Unique, ignoring case."""
    description: Description = ""
    category: Category = ""
    tags: Tags = []
    content: Content = ""
    """Markdown."""
    version: Version = "1.0.0"
    """A semantic version (semver.org)."""
    activation_mode: ActivationMode = ActivationMode.ALWAYS
    """always; board: on tasks of its boards; tag: on tasks with one of its tags. Without any of them, never."""
    activation_board_ids: Ids = []
    activation_tags: Tags = []
    applies_to_all_agents: bool = False
    agent_ids: Ids = []
    is_active: bool = True


class SkillPatch(Patch):
    name: Name | None = None
    description: Description | None = None
    category: Category | None = None
    tags: Tags | None = None
    content: Content | None = None
    version: Version | None = None
    """When the content changes and this is left out, the patch number is incremented."""
    activation_mode: ActivationMode | None = None
    activation_board_ids: Ids | None = None
    activation_tags: Tags | None = None
    applies_to_all_agents: bool | None = None
    agent_ids: Ids | None = None
    is_active: bool | None = None
    remove_attachment_ids: Ids | None = None


class SkillAttachmentOut(Out):
    id: int
    skill_id: int
    name: str
    """A safe file name."""
    path: str
    """Relative to the folder of the skill, such as references/forms.md. Unique in a skill."""
    description: str
    content_type: str
    """Detected from the content."""
    size: int
    """In bytes."""
    note: str
    """Why agents cannot read all of it; empty when they can."""
    download_url: str
    uploaded_by_user_id: int | None
    created_at: str


class SkillAttachmentList(RootModel[list[SkillAttachmentOut]]):
    pass


class SkillOut(Out):
    id: int
    name: str
    slug: str
    description: str
    category: str
    tags: list[str]
    content: str
    version: str
    activation_mode: ActivationMode
    activation_board_ids: list[int]
    """Those that the caller may see."""
    activation_tags: list[str]
    applies_to_all_agents: bool
    is_active: bool
    agent_ids: list[int]
    """Those that it is assigned to."""
    agent_count: int
    attachments: list[SkillAttachmentOut]
    created_by_user_id: int | None
    created_at: str
    updated_at: str


class SkillList(RootModel[list[SkillOut]]):
    pass


class SkillAgentsIn(In):
    agent_ids: Ids


class SkillAgent(Out):
    id: int
    name: str
    role_title: str
    department_id: int | None
    status: AgentStatus
    assigned: bool
    """False when the agent has it only because it applies to all agents."""


class SkillAgentList(RootModel[list[SkillAgent]]):
    pass


class AttachmentForm(UploadForm):
    file: Upload
    """At most 10 MB, and 50 MB for all files of a skill."""
    description: FileDescription = ""
    path: FilePath = ""
    """Relative to the folder of the skill, such as references/forms.md. Without it, the file name at the top level."""


class SkillVersionBrief(Out):
    number: int
    """Counted from 1 within a skill."""
    version: str
    name: str
    is_current: bool
    created_by_user_id: int | None
    created_by_name: str | None
    created_at: str


class SkillVersionList(RootModel[list[SkillVersionBrief]]):
    """Newest first."""


class DifferenceLine(Out):
    kind: Literal["same", "removed", "added", "skipped"]
    text: str
    """For `skipped`, the number of lines left out."""


class SkillVersionOut(SkillVersionBrief):
    description: str
    category: str
    tags: list[str]
    content: str
    activation_mode: ActivationMode
    activation_board_ids: list[int]
    activation_tags: list[str]
    changed: list[str]
    """The fields that differ from the version before."""
    difference: list[DifferenceLine]
    """The changes of the content since the version before."""


class ImportChoices(Query):
    """Can be sent in the query string or in the form."""

    activate: bool | None = None
    """An imported skill is inactive unless this is true."""
    on_conflict: Literal["new_version", "rename"] | None = None
    """What to do when the name exists; without it, that is a 409."""
    dry_run: bool | None = None
    """Report what would happen, and save nothing."""


class ImportForm(In):
    file: Upload
    """A markdown file, or a .zip with one or more folders that contain a SKILL.md."""
    files: Annotated[list[Upload], Field(max_length=100)] = []
    """More of them."""
    only: Annotated[list[Text], Field(max_length=1_000)] = []
    """The `source` of the skills to import, as reported by a dry run. Without it, all."""
    activate: bool | None = None
    on_conflict: Literal["new_version", "rename"] | None = None
    dry_run: bool | None = None

    @model_validator(mode="before")
    @classmethod
    def _as_sent(cls, _read: Any) -> dict[str, Any]:
        return multi_file_form("only")


class SkillImported(SkillOut):
    notes: list[str]
    """What could not be imported, as sentences."""


class FilePreview(Out):
    name: str
    path: str
    content_type: str
    size: int


class SkillPreview(Out):
    dry_run: Literal[True]
    action: Literal["create", "new_version", "rename", "conflict"]
    """What importing it with the same options would do."""
    existing_skill_id: int | None
    """The skill that has the name already."""
    skill: dict[str, Any]
    """The fields that the skill would have."""
    attachments: list[FilePreview]
    notes: list[str]


class SkillReport(Out):
    """The outcome for one of several skills."""

    source: str
    """The file, with the folder in an archive."""
    name: str
    """Empty where the file could not be read."""
    description: str
    action: Literal["create", "new_version", "rename", "conflict", "refused"]
    """conflict: the name exists, and nothing was done. refused: `problem` says why."""
    skill_id: int | None
    """The imported skill; null in a dry run."""
    existing_skill_id: int | None
    problem: str
    files: int
    """The number of files besides its SKILL.md."""
    notes: list[str]


class SkillsImported(Out):
    """The outcome for an archive with several skills, or for several files."""

    dry_run: bool
    skills: list[SkillReport]
    notes: list[str]


class SkillImportAnswer(RootModel[SkillPreview | SkillsImported]):
    """The preview of one skill, or the outcome for several."""


class ExportChoice(Query):
    format: Literal["md", "zip"] = "md"
    """zip: with all files of the skill under their paths."""
