"""CSV that a spreadsheet opens without harm."""

import csv
import io
import re
from collections.abc import Sequence

# A cell that begins so is a formula to a spreadsheet, whoever wrote it.
FORMULA_PREFIXES = ("=", "+", "-", "@", "\t", "\r", "\n")
# Where the language writes 1,5 a spreadsheet may split lines at semicolons, and then it ignores our quotes: behind each
# of these begins a cell of its own.
_WITHIN = re.compile(r"([;\t\r\n|][ \u00a0\ufeff]*)(?=[=+\-@])")


def csv_row(cells: Sequence[object]) -> str:
    """One line with its end, by RFC 4180. Text that would be a formula gets an apostrophe before it."""
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
