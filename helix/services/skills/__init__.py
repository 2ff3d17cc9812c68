"""Skills: knowledge in markdown that agents are given. Members read them, admins write them."""

from helix.services.skills.assign import agents_of, assign
from helix.services.skills.exporting import export, export_zip
from helix.services.skills.files import attach, attachments, download, remove
from helix.services.skills.history import version, versions
from helix.services.skills.import_several import Upload, import_several, is_several
from helix.services.skills.importing import import_file, preview
from helix.services.skills.listing import SkillFilter, categories, listed, tags
from helix.services.skills.lookup import get, shown, shown_all, shown_attachment
from helix.services.skills.of_agent import choices_for, of_agent, set_of_agent, set_shown
from helix.services.skills.restore import restore
from helix.services.skills.words import read_words, wake_readers
from helix.services.skills.write import add, create, delete, edit

__all__ = [
    "SkillFilter",
    "Upload",
    "add",
    "agents_of",
    "assign",
    "attach",
    "attachments",
    "categories",
    "choices_for",
    "create",
    "delete",
    "download",
    "edit",
    "export",
    "export_zip",
    "get",
    "import_file",
    "import_several",
    "is_several",
    "listed",
    "of_agent",
    "preview",
    "read_words",
    "remove",
    "restore",
    "set_of_agent",
    "set_shown",
    "shown",
    "shown_all",
    "shown_attachment",
    "tags",
    "version",
    "versions",
    "wake_readers",
]
