"""CSV that is safe to open in a spreadsheet (no formula injection)."""

import csv
import io
import re
from collections.abc import Sequence

# A spreadsheet evaluates a cell that begins with one of these.
FORMULA_PREFIXES = ("=", "+", "-", "@", "\t", "\r", "\n")
# In locales with a decimal comma, spreadsheets split lines at semicolons and ignore the quotes, so each of these may
# start a cell.
_WITHIN = re.compile(r"([;\t\r\n|][ \u00a0\ufeff]*)(?=[=+\-@])")


def csv_row(cells: Sequence[object]) -> str:
    """One CSV line with its line end (RFC 4180). Text that looks like a formula gets a leading apostrophe."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow([_harmless(cell) for cell in cells])
    return out.getvalue()


def _harmless(cell: object) -> object:
    if cell is None:
        return ""
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return cell
    text = _WITHIN.sub(r"\1'", str(cell).replace("\x00", ""))
    return (
        f"'{text}"
        if text.lstrip(" \u00a0\ufeff").startswith(FORMULA_PREFIXES) or text.startswith(FORMULA_PREFIXES)
        else text
    )
