"""Importing agents from markdown definitions: single files, folders, or a zip of a repository."""

from helix.services.agent_import.importing import ImportOptions, OnConflict, import_agents
from helix.services.agent_import.reading import Upload, uploads_from_path

__all__ = ["ImportOptions", "OnConflict", "Upload", "import_agents", "uploads_from_path"]
