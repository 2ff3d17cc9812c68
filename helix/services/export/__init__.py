"""Export of all data of an organization as one zip of JSON lines and files, without secrets; and its import."""

from helix.services.export.archive import export_archive
from helix.services.export.importing import ImportResult, import_archive
from helix.services.export.tables import EXCLUDED_TABLES, FORMAT, SECRET_COLUMNS, exported_columns, exported_tables

__all__ = [
    "EXCLUDED_TABLES",
    "FORMAT",
    "SECRET_COLUMNS",
    "ImportResult",
    "export_archive",
    "exported_columns",
    "exported_tables",
    "import_archive",
]
