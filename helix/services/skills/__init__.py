"""Skills: instructions in markdown that agents are given. Members can read them, admins can write them."""

from helix.services.skills.assignment import (
    agents_of,
    assign,
    choices_for,
    choices_for_new,
    names_by_agent,
    of_agent,
    set_of_agent,
    update_selection,
)
from helix.services.skills.bulk_import import Upload, contains_several, import_several
from helix.services.skills.exporting import export, export_zip
from helix.services.skills.extraction import enqueue_overdue, extract
from helix.services.skills.files import attach, attachments, download, remove
from helix.services.skills.history import version, versions
from helix.services.skills.importing import import_file, preview
from helix.services.skills.listing import Activation, SkillFilter, activations, by_name, categories, list_skills, tags
from helix.services.skills.lookup import get, serialize, serialize_attachment, serialize_many
from helix.services.skills.write import create, delete, edit, insert, restore

__all__ = [
    "Activation",
    "SkillFilter",
    "Upload",
    "activations",
    "agents_of",
    "assign",
    "attach",
    "attachments",
    "by_name",
    "categories",
    "choices_for",
    "choices_for_new",
    "contains_several",
    "create",
    "delete",
    "download",
    "edit",
    "enqueue_overdue",
    "export",
    "export_zip",
    "extract",
    "get",
    "import_file",
    "import_several",
    "insert",
    "list_skills",
    "names_by_agent",
    "of_agent",
    "preview",
    "remove",
    "restore",
    "serialize",
    "serialize_attachment",
    "serialize_many",
    "set_of_agent",
    "tags",
    "update_selection",
    "version",
    "versions",
]
