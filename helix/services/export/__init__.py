"""All that an organization has, as one archive that anybody can read: JSON lines and files, without a secret."""

from helix.services.export.archive import everything
from helix.services.export.bring_in import BroughtIn, bring_in
from helix.services.export.nouns import FORMAT, LEFT_OUT, SECRET, columns, nouns

__all__ = ["FORMAT", "LEFT_OUT", "SECRET", "BroughtIn", "bring_in", "columns", "everything", "nouns"]
